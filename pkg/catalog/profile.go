package catalog

// Profile is a range of nginx versions that treat a proxied upgrade request alike.
type Profile struct {
	Name           string  // as findings name it: "<1.23.0", "1.29.4-1.29.6", ">=1.31.4"
	From           Version // the first version; zero: no lower bound
	To             Version // the first version after it; zero: no upper bound
	Representative Version // a release of the range that stands for it
}

// profiles are the ranges between the changes that the version history lists.
var profiles = [...]Profile{
	{Name: "<1.23.0", To: Version{1, 23, 0}, Representative: Version{1, 22, 1}},
	{"1.23.0-1.28.x", Version{1, 23, 0}, Version{1, 29, 0}, Version{1, 26, 3}},
	{"1.29.0-1.29.3", Version{1, 29, 0}, Version{1, 29, 4}, Version{1, 29, 3}},
	{"1.29.4-1.29.6", Version{1, 29, 4}, Version{1, 29, 7}, Version{1, 29, 6}},
	{"1.29.7-1.30.x", Version{1, 29, 7}, Version{1, 31, 0}, Version{1, 30, 6}},
	{"1.31.0-1.31.2", Version{1, 31, 0}, Version{1, 31, 3}, Version{1, 31, 2}},
	{"1.31.3", Version{1, 31, 3}, Version{1, 31, 4}, Version{1, 31, 3}},
	{Name: ">=1.31.4", From: Version{1, 31, 4}, Representative: Version{1, 31, 5}},
}

// Profiles lists the profiles, oldest first.
func Profiles() []Profile { return append([]Profile(nil), profiles[:]...) }

// ProfileOf gives the profile of a version. Every version has one.
func ProfileOf(v Version) Profile {
	for _, p := range profiles {
		if p.Has(v) {
			return p
		}
	}
	return profiles[len(profiles)-1]
}

// Has reports whether v is in the profile.
func (p Profile) Has(v Version) bool {
	return !v.Before(p.From) && (p.To.IsZero() || v.Before(p.To))
}
