// Records what Go's text/template does with templates: the source of gotemplate-more-cases.json.
//
//	go run tests/golden/template/record/main.go < templates.json > cases.json
//
// Input: a JSON array of objects with template and optional id, data, missingkey, left, right, fixture.
// Output: the same objects with ok, output, phase and error. gotemplate-fixture.md says what `root` holds.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

type Inner struct {
	Name   string
	N      int
	hidden int
	Next   *Inner
}

func (i Inner) Greet(s string) string { return "hello " + s + " from " + i.Name }
func (i Inner) Add(a, b int) int      { return a + b + i.N }
func (i *Inner) PtrName() string      { return "*" + i.Name }
func (i Inner) Fails() (string, error) {
	return "", errors.New("method failed")
}
func (i Inner) Many(xs ...int) int {
	sum := 0
	for _, x := range xs {
		sum += x
	}
	return sum
}

type Str string

func (s Str) String() string { return "<" + string(s) + ">" }

type Tags []string

func (t Tags) Contains(s string) bool {
	for _, tag := range t {
		if tag == s {
			return true
		}
	}
	return false
}

type Svc struct {
	Node, Address, ID, Name, Status string
	Port                            int
	Tags                            Tags
	Meta                            map[string]string
}

type Root struct {
	I        int
	Neg      int
	I64      int64
	U        uint
	F        float64
	S        string
	B        bool
	Empty    string
	Zero     int
	Strs     []string
	Ints     []int
	Arr      [3]int
	NilSlice []string
	M        map[string]int
	MI       map[int]string
	NilMap   map[string]int
	MS       map[string]Inner
	Inner    Inner
	P        *Inner
	NilP     *Inner
	Any      interface{}
	NilAny   interface{}
	Fn       func(int) int
	NilFn    func(int) int
	FnErr    func() (int, error)
	Ch       chan int
	Err      error
	Bytes    []byte
	Str      Str
	Svcs     []*Svc
	C        complex128
	R        rune
}

func root() *Root {
	channel := make(chan int, 2)
	channel <- 7
	channel <- 8
	close(channel)
	in := Inner{Name: "in", N: 3}
	return &Root{
		I: 42, Neg: -5, I64: 1 << 40, U: 9, F: 2.5, S: "text", B: true,
		Strs: []string{"a", "b", "c"}, Ints: []int{3, 1, 2}, Arr: [3]int{4, 5, 6},
		M:  map[string]int{"one": 1, "two": 2, "three": 3},
		MI: map[int]string{2: "two", 1: "one", 10: "ten"},
		MS: map[string]Inner{"k": in}, Inner: in,
		P:   &Inner{Name: "ptr", N: 1, Next: &Inner{Name: "next"}},
		Any: 17, Fn: func(i int) int { return i * 2 },
		FnErr: func() (int, error) { return 0, errors.New("fn failed") },
		Ch:    channel, Err: errors.New("an error"), Bytes: []byte("by"), Str: "s",
		Svcs: []*Svc{
			{"n1", "10.0.0.1", "a1", "app", "passing", 8080, Tags{"blue", "v1"}, map[string]string{"path": "/a"}},
			{"n2", "10.0.0.2", "a2", "app", "critical", 8081, nil, nil}},
		C: complex(1, 2), R: 'x',
	}
}

var functions = template.FuncMap{
	"add":      func(a, b int) int { return a + b },
	"upper":    strings.ToUpper,
	"join":     func(sep string, parts []string) string { return strings.Join(parts, sep) },
	"fail":     func(s string) (string, error) { return "", errors.New(s) },
	"boom":     func() string { panic("boom!") },
	"list":     func(v ...interface{}) []interface{} { return v },
	"count":    func(v ...interface{}) int { return len(v) },
	"nothing":  func() interface{} { return nil },
	"typednil": func() *Inner { return nil },
	"f64":      func(x float64) float64 { return x },
	"u8":       func(x uint8) uint8 { return x },
	"echo":     func(v interface{}) interface{} { return v },
	"str":      func(s string) string { return s },
	"boolean":  func(b bool) bool { return b },
	"typeof":   func(v interface{}) string { return fmt.Sprintf("%T", v) },
	"seq": func(n int) []int {
		out := []int{}
		for i := 0; i < n; i++ {
			out = append(out, i)
		}
		return out
	},
}

// value turns numbers without fraction and exponent into ints.
func value(v interface{}) interface{} {
	switch x := v.(type) {
	case json.Number:
		if i, err := x.Int64(); err == nil && !strings.ContainsAny(x.String(), ".eE") {
			return int(i)
		}
		f, _ := x.Float64()
		return f
	case []interface{}:
		for i := range x {
			x[i] = value(x[i])
		}
	case map[string]interface{}:
		for k := range x {
			x[k] = value(x[k])
		}
	}
	return v
}

func text(c map[string]interface{}, key string) string {
	s, _ := c[key].(string)
	return s
}

func record(c map[string]interface{}) {
	var data interface{}
	if text(c, "fixture") == "root" {
		data = root()
	} else if raw, ok := c["data"]; ok {
		copied, _ := json.Marshal(raw)
		decoder := json.NewDecoder(bytes.NewReader(copied))
		decoder.UseNumber()
		decoder.Decode(&data)
		data = value(data)
	}
	t := template.New("t").Funcs(functions).Delims(text(c, "left"), text(c, "right"))
	if key := text(c, "missingkey"); key != "" {
		t.Option("missingkey=" + key)
	}
	c["ok"] = false
	t, err := t.Parse(text(c, "template"))
	if err != nil {
		c["phase"], c["error"] = "parse", err.Error()
		return
	}
	var out bytes.Buffer
	err = t.Execute(&out, data)
	if err != nil {
		c["phase"], c["error"] = "exec", err.Error()
		return
	}
	c["ok"], c["output"] = true, out.String()
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var cases []map[string]interface{}
	decoder := json.NewDecoder(bytes.NewReader(input))
	decoder.UseNumber()
	if err := decoder.Decode(&cases); err != nil {
		panic(err)
	}
	for _, c := range cases {
		record(c)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	encoder.Encode(map[string]interface{}{"cases": cases})
}
