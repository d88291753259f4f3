module github.com/ngxproof/ngxproof

go 1.26.8
