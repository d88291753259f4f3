module github.com/ngxproof/ngxproof

go 1.26.8

require (
	github.com/dlclark/regexp2 v1.12.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
