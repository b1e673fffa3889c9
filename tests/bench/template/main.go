// Renders the benchmark's templates with Go's own text/template: what template_bench.cpp is compared with.
//
//	go run tests/bench/template/main.go ROUNDS INSTANCES.json TEMPLATE...
//
// Writes one JSON object a template: the best and the middle time of parsing and of rendering, and the text's
// size and hash. The helper functions are those of Consul Template, over Go's standard library.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// HealthService is what Consul Template's function service gives.
type HealthService struct {
	Node, NodeID, NodeAddress     string
	NodeTaggedAddresses, NodeMeta map[string]string
	ServiceMeta                   map[string]string
	Address                       string
	ID, Name                      string
	Tags                          []string
	Status                        string
	Port                          int
}

type entry struct {
	Node struct {
		ID, Node, Address     string
		TaggedAddresses, Meta map[string]string
	}
	Service struct {
		ID, Service, Address string
		Port                 int
		Tags                 []string
		Meta                 map[string]string
	}
	Checks []struct{ Status string }
}

func status(e entry) string {
	worst := "passing"
	for _, c := range e.Checks {
		if c.Status == "critical" || (c.Status == "warning" && worst == "passing") {
			worst = c.Status
		}
	}
	return worst
}

func load(file string) []*HealthService {
	text, err := os.ReadFile(file)
	check(err)
	var entries []entry
	check(json.Unmarshal(text, &entries))
	var out []*HealthService
	for _, e := range entries {
		sort.Strings(e.Service.Tags)
		out = append(out, &HealthService{
			Node: e.Node.Node, NodeID: e.Node.ID, NodeAddress: e.Node.Address,
			NodeTaggedAddresses: e.Node.TaggedAddresses, NodeMeta: e.Node.Meta, ServiceMeta: e.Service.Meta,
			Address: e.Service.Address, ID: e.Service.ID, Name: e.Service.Service, Tags: e.Service.Tags,
			Status: status(e), Port: e.Service.Port})
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Node != out[j].Node {
			return out[i].Node < out[j].Node
		}
		return out[i].ID < out[j].ID
	})
	return out
}

func functions(services []*HealthService) template.FuncMap {
	return template.FuncMap{
		"service":    func(...string) []*HealthService { return services },
		"toUpper":    strings.ToUpper,
		"replaceAll": func(from, to, s string) string { return strings.Replace(s, from, to, -1) },
		"join":       func(sep string, list []string) string { return strings.Join(list, sep) },
		"split":      func(sep, s string) []string { return strings.Split(s, sep) },
		"contains": func(item string, list []string) bool {
			for _, one := range list {
				if one == item {
					return true
				}
			}
			return false
		},
		// As Consul Template: compiled at every call.
		"regexReplaceAll": func(re, with, s string) (string, error) {
			compiled, err := regexp.Compile(re)
			if err != nil {
				return "", err
			}
			return compiled.ReplaceAllString(s, with), nil
		},
		"toJSON": func(v interface{}) (string, error) {
			text, err := json.Marshal(v)
			return string(text), err
		},
	}
}

type times struct {
	Best   float64 `json:"best_ms"`
	Middle float64 `json:"middle_ms"`
}

func measure(rounds int, work func()) times {
	var all []float64
	for i := 0; i < rounds; i++ {
		begin := time.Now()
		work()
		all = append(all, float64(time.Since(begin).Nanoseconds())/1e6)
	}
	sort.Float64s(all)
	return times{all[0], all[len(all)/2]}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	check(err)
	funcs := functions(load(os.Args[2]))
	for _, file := range os.Args[3:] {
		text, err := os.ReadFile(file)
		check(err)
		var parsed *template.Template
		parse := measure(rounds, func() {
			parsed, err = template.New(filepath.Base(file)).Option("missingkey=zero").Funcs(funcs).Parse(string(text))
			check(err)
		})
		var out bytes.Buffer
		render := measure(rounds, func() {
			out = bytes.Buffer{}
			check(parsed.Execute(&out, nil))
		})
		line, err := json.Marshal(map[string]interface{}{
			"template": filepath.Base(file), "parse": parse, "render": render, "template_bytes": len(text),
			"bytes": out.Len(), "sha256": fmt.Sprintf("%x", sha256.Sum256(out.Bytes()))})
		check(err)
		fmt.Println(string(line))
	}
}
