package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what a workflow of GitHub says.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Steps       []workflowStep
	}
}

type workflowStep struct {
	Name, Uses, Run string
	Env, With       map[string]string
}

// releaseNeeds is what .goreleaser.yaml says about programs that goreleaser starts.
type releaseNeeds struct {
	Signs       []struct{ Cmd string }
	DockerSigns []struct{ Cmd string } `yaml:"docker_signs"`
	Sboms       []struct{ Artifacts string }
	Dockers     []struct{ Dockerfile string } `yaml:"dockers_v2"`
}

// commands returns the programs.
func (n releaseNeeds) commands() []string {
	var all []string
	for _, s := range slices.Concat(n.Signs, n.DockerSigns) {
		all = append(all, s.Cmd)
	}
	if len(n.Sboms) > 0 {
		all = append(all, "syft") // goreleaser's own choice
	}
	if len(n.Dockers) > 0 {
		all = append(all, "docker")
	}
	return all
}

func readYAML(t *testing.T, path string, into any) (text string) {
	t.Helper()
	all, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(all, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// TestReleaseWorkflow: the workflow has every program and variable that goreleaser asks for, in fixed versions, attests what the
// action verifies, runs no expression, and its scripts are scripts.
func TestReleaseWorkflow(t *testing.T) {
	var w workflow
	text := readYAML(t, "../../.github/workflows/release.yml", &w)
	var needs releaseNeeds
	config := readYAML(t, "../../.goreleaser.yaml", &needs)
	if len(w.Permissions) != 0 || len(needs.commands()) != 4 {
		t.Errorf("permissions for every job: %v; programs: %v", w.Permissions, needs.commands())
	}
	scripts, attested := "", ""
	var release workflowStep
	for _, job := range w.Jobs {
		for _, s := range job.Steps {
			if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z-]+@v\d+$`).MatchString(s.Uses) {
				t.Errorf("%s is not GitHub's own", s.Uses)
			}
			if strings.Contains(s.Run, "${{") {
				t.Errorf("step %s runs an expression", s.Name)
			}
			if cmd := exec.Command("bash", "-n", "-c", s.Run); s.Run != "" {
				if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState != nil {
					t.Errorf("step %s: %s", s.Name, out)
				}
			}
			if strings.HasPrefix(s.Run, "goreleaser ") {
				release = s
			}
			scripts += s.Run + "\n"
			attested += s.With["subject-path"] + "\n"
		}
	}
	for _, name := range needs.commands() {
		if !strings.Contains(scripts, "/cmd/"+name+"@$"+strings.ToUpper(name)) && !strings.Contains(scripts, name+" buildx") {
			t.Errorf("%s is not installed", name)
		}
	}
	for _, m := range regexp.MustCompile(`\.Env\.(\w+)`).FindAllStringSubmatch(config, -1) {
		if release.Env[m[1]] == "" {
			t.Errorf("goreleaser has no %s", m[1])
		}
	}
	install, err := os.ReadFile("../../.github/action/install")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(install), `gh attestation verify "$to/checksums.txt"`) || !strings.Contains(attested, "dist/checksums.txt\n") {
		t.Error("the action verifies an attestation that the release does not make")
	}
	if regexp.MustCompile(`@latest|@main|curl [^|]*\| *(ba)?sh`).MatchString(text) {
		t.Error("something has no fixed version")
	}
}
