package lint

import "github.com/ngxproof/ngxproof/pkg/catalog"

// Target is the nginx versions that a configuration is meant for.
type Target struct {
	// Profiles are the ranges aimed at, oldest first; where one version is named, its profile alone, with that version
	// as the representative.
	Profiles []catalog.Profile
	// Version is the version that the user named, or zero.
	Version catalog.Version
}

// AllVersions aims at every profile: what holds where no version is named.
func AllVersions() Target { return Target{Profiles: catalog.Profiles()} }

// OneVersion aims at one version.
func OneVersion(v catalog.Version) Target {
	p := catalog.ProfileOf(v)
	p.Representative = v
	return Target{Profiles: []catalog.Profile{p}, Version: v}
}

// Named reports whether the user named one version.
func (t Target) Named() bool { return !t.Version.IsZero() }
