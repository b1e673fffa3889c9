#!/usr/bin/env python3
"""Templates at random, to compare this project's engine with Go's beyond what people think of.

    R=tests/golden/template/record
    $R/generate.py SEED COUNT | go run $R/main.go | $R/generate.py --select 500 > tests/golden/template/gotemplate-random-cases.json

Half of them are grown from a small grammar, half are recorded cases with a few characters or actions changed. `--select`
drops what cannot be compared: addresses of pointers, and what later versions of Go understand and 1.19 does not.
"""
import json
import pathlib
import random
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[1]
CASES = [case for file in ("gotemplate-cases.json", "gotemplate-more-cases.json")
         for case in json.loads((FOLDER / file).read_text())["cases"] if "left" not in case]
ACTIONS = sorted({action for case in CASES for action in re.findall(r"\{\{-?\s*(.*?)\s*-?\}\}", case["template"], re.S)})

DATA = {"a": 1, "b": "text", "l": [1, "x", None, 2.5], "s": ["q", "w"], "n": -3, "f": 2.5, "m": {"x": 1, "y": {"z": "deep"}},
        "t": True, "big": 12345678901, "nul": None, "l0": [], "e": ""}
OF_DATA = [f".{key}" for key in DATA] + [".m.x", ".m.y.z", ".", "$", ".none", ".none.x", ".nul.x"]
# The value `root` of gotemplate-fixture.md, without what prints as an address.
OF_ROOT = """.I .Neg .I64 .U .F .S .B .Empty .Zero .Strs .Ints .Arr .NilSlice .M .MI .NilMap .MS .Inner .NilP .Any .NilAny .NilFn
    .Bytes .Str .C .R .M.one .M.none .MS.k .MS.k.Name .MS.q.Name .Inner.Name .Inner.hidden .P.Name .P.Next.Name .P.Next.Next
    .P.Next.Next.Name .NilP.Name .NilP.PtrName .P.PtrName .Inner.Fails .Svcs.x $.I .Nope""".split() + [
    '(.P.Greet "x")', "(.Inner.Many 1 2)", "(index .Svcs 0).Tags", "(index .Svcs 1).Meta.path", "(index .Svcs 0).Meta.path"]
LITERALS = """1 0 -1 2.5 1e3 1e6 0x1f 1_000 "a" "abc" "" `r\\n` true false nil 'x' '\\n' 1i 1.0 1e21 "\\t\\u00e9" 9223372036854775807
    9223372036854775808 -0.0 1e-7 "<a&b>" "%d" """.split()
VERBS = ["v", "d", "s", "q", "x", "T", "+v", "#v", "5.2f", "t", "c", "-8v|", "08d", "e", "g", "U", "b", "o", "[2]v %[1]v", "6.3v", "+q", " x",
         "#x", "v %v", "%", "!", "z"]
UNARY = ["add 1", 'join ","', *(f'printf "%{verb}"' for verb in VERBS), *"""len not print println html js urlquery upper typeof str
    echo f64 u8 boolean list count call index slice fail nothing""".split()]
BINARY = [*"eq ne lt le gt ge and or index add print println list slice join call echo".split(), 'printf "%v-%v"', 'printf "%d %s"',
          "eq 1", "or 0", "and 1"]


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.fields = OF_DATA

    def chance(self, probability):
        return self.rng.random() < probability

    def operand(self, depth):
        kind = self.rng.random()
        if kind < 0.45:
            return self.rng.choice(self.fields)
        if kind < 0.7 or depth > 2:
            return self.rng.choice(LITERALS)
        if kind < 0.78:
            return self.rng.choice(["$x", "$i", "$v"])
        return f"({self.pipeline(depth + 1)})" + self.rng.choice(["", "", "", ".Name", ".x"])

    def pipeline(self, depth=0):
        kind = self.rng.random()
        if kind < 0.3:
            text = self.operand(depth)
        elif kind < 0.65:
            text = f"{self.rng.choice(UNARY)} {self.operand(depth)}"
        else:
            text = " ".join([self.rng.choice(BINARY), *(self.operand(depth) for _ in range(3 if self.chance(0.1) else 2))])
        while self.chance(0.2):
            text += " | " + self.rng.choice(UNARY + BINARY)
        return text

    def action(self, depth=0):
        left, right = self.rng.choice(["{{", "{{", "{{- "]), self.rng.choice(["}}", "}}", " -}}"])
        kind = self.rng.random()
        if kind < 0.5 or depth > 3:
            return left + self.pipeline() + right
        if kind < 0.56:
            return left + self.rng.choice(["$x := ", "$x = ", "$v := ", "$i, $v := "]) + self.pipeline() + right
        if kind < 0.88:
            word = self.rng.choice(["if ", "range ", "range ", "with "])
            declared = self.rng.choice(["", "", "$x := "] if word != "range " else ["", "$v := ", "$i, $v := "])
            otherwise = "{{else}}" + self.body(depth) if self.chance(0.4) else ""
            return left + word + declared + self.pipeline() + right + self.body(depth) + otherwise + "{{end}}"
        return left + self.rng.choice(["break", "continue", 'template "T"', f'template "T" {self.operand(1)}', *ACTIONS[:40]]) + right

    def body(self, depth):
        parts = []
        for _ in range(self.rng.randint(1, 2)):
            parts.append(self.rng.choice(["", "x", " ", "\n", "y "]))
            if self.chance(0.8):
                parts.append(self.action(depth + 1))
        return "".join(parts)

    def changed(self, text):
        """One or two characters."""
        characters = list(text)
        for _ in range(self.rng.randint(1, 2)):
            at = self.rng.randrange(len(characters) + 1)
            if self.chance(0.4):
                del characters[at:at + 1]
            else:
                characters[at:at + self.rng.randint(0, 1)] = self.rng.choice(list("{}()|.$\"'`-=: \n\t,0123abx/*"))
        return "".join(characters)

    def grown(self):
        root = self.chance(0.6)
        self.fields = OF_ROOT if root else OF_DATA
        text = self.rng.choice(["", '{{define "T"}}<{{.}}>{{end}}']) + self.rng.choice(["", "{{$x := 1}}"])
        text += "".join(self.rng.choice(["", "a ", "\n"]) + self.action() for _ in range(self.rng.randint(1, 3)))
        return {"template": text, **({"fixture": "root"} if root else {"data": DATA})}

    def varied(self):
        recorded = self.rng.choice(CASES)
        case = {key: recorded[key] for key in ("template", "data", "fixture", "missingkey") if key in recorded}
        actions = re.findall(r"\{\{.*?\}\}", case["template"], re.S)
        if actions and self.chance(0.5):
            self.fields = OF_ROOT if "fixture" in case else OF_DATA
            other = self.rng.choice([self.pipeline(), self.rng.choice(ACTIONS)])
            case["template"] = case["template"].replace(self.rng.choice(actions), "{{" + other + "}}", 1)
        else:
            case["template"] = self.changed(case["template"])
        return case

    def case(self):
        case = self.grown() if self.chance(0.5) else self.varied()
        if self.chance(0.2):
            case.setdefault("missingkey", self.rng.choice(["zero", "error"]))
        return case


def comparable(case):
    said = case.get("output", "") + case.get("error", "")
    return not re.search(r"0x[0-9a-f]{6,}|\bc000[0-9a-f]{6}|\(int, error\)|over -?\d+$|<with> in else", said) and "seq" not in case["template"]


def select(count):
    """As many of each outcome as there can be, in a stable order and without repetitions of one error."""
    outcomes = {}
    for case in filter(comparable, json.load(sys.stdin)["cases"]):
        outcome = outcomes.setdefault(case.get("phase", "ok"), {})
        outcome.setdefault(case.get("error") or case["template"], case)
    chosen = [case for outcome in outcomes.values() for case in list(outcome.values())[:count // len(outcomes)]]
    for number, case in enumerate(chosen):
        case["id"] = f"random-{number:04}"
    notes = "Made by record/generate.py and recorded from Go 1.19.8."
    lines = ",\n".join("  " + json.dumps({"id": case["id"], **case}) for case in chosen)
    print('{\n "notes": ' + json.dumps(notes) + ',\n "cases": [\n' + lines + "\n ]\n}")


def main():
    if sys.argv[1] == "--select":
        return select(int(sys.argv[2]))
    generator = Generator(int(sys.argv[1]))
    json.dump([generator.case() for _ in range(int(sys.argv[2]))], sys.stdout)


if __name__ == "__main__":
    main()
