package difftest

import (
	"fmt"
	"slices"
	"strings"
)

// Compare tells the first difference between what is expected and what was observed, or nothing. The messages of two
// refusals may differ: their words belong to the one who refuses.
func Compare(want, got Result) string {
	if want.Accepted != got.Accepted {
		return fmt.Sprintf("accepted: want %v, got %v (%s%s)", want.Accepted, got.Accepted, want.Message, got.Message)
	}
	if len(want.Observations) != len(got.Observations) {
		return fmt.Sprintf("observations: want %d, got %d", len(want.Observations), len(got.Observations))
	}
	for i := range want.Observations {
		if text := CompareObservations(want.Observations[i], got.Observations[i]); text != "" {
			return fmt.Sprintf("request %d: %s", i, text)
		}
	}
	return ""
}

// CompareObservations tells the first difference between two observations, or nothing.
func CompareObservations(want, got Observation) string {
	if len(want.Upstream) != len(got.Upstream) {
		return fmt.Sprintf("requests upstream: want %d, got %d (%s, %s)", len(want.Upstream), len(got.Upstream), want.Status, got.Status)
	}
	for i := range want.Upstream {
		if want.Upstream[i] != got.Upstream[i] {
			return fmt.Sprintf("upstream:\nwant %s\ngot  %s", show(want.Upstream[i]), show(got.Upstream[i]))
		}
	}
	switch {
	case want.Status != got.Status:
		return fmt.Sprintf("status: want %q, got %q", want.Status, got.Status)
	case !slices.Equal(want.Interim, got.Interim):
		return fmt.Sprintf("interim: want %q, got %q", want.Interim, got.Interim)
	case !slices.Equal(want.Headers, got.Headers):
		return fmt.Sprintf("headers:\nwant %q\ngot  %q", want.Headers, got.Headers)
	case want.Body != got.Body:
		return fmt.Sprintf("body: want %q, got %q", want.Body, got.Body)
	case want.Tunnel != got.Tunnel:
		return fmt.Sprintf("tunnel: want %v, got %v", want.Tunnel, got.Tunnel)
	case want.Closed != got.Closed:
		return fmt.Sprintf("closed: want %v, got %v", want.Closed, got.Closed)
	case want.Fault != got.Fault:
		return fmt.Sprintf("fault: want %q, got %q", want.Fault, got.Fault)
	}
	return ""
}

func show(e Exchange) string {
	return fmt.Sprintf("%s, connection %d: %s body %q", e.Backend, e.Conn, strings.ReplaceAll(fmt.Sprintf("%q", string(e.Head)), `\r\n`, " | "), e.Body)
}
