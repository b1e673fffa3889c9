"""What was played, as a table, as a page of docs, and as a JUnit report."""
import xml.etree.ElementTree as xml


class Row:
    def __init__(self, fault):
        self.fault = fault
        self.played = self.requests = self.lost = 0
        self.recovery = 0.0
        self.violations = []

    def add(self, step):
        self.played += 1
        self.requests += step.requests
        self.lost += step.lost
        self.recovery = max(self.recovery, step.recovery)
        self.violations += [(step.lane.site, step.number, text) for text in step.violations]


class Report:
    def __init__(self, faults, excluded):
        self.rows = {name: Row(fault) for name, fault in sorted(faults.items())}
        self.excluded = excluded

    def add(self, step):
        self.rows[step.fault.name].add(step)

    @property
    def violations(self):
        return sum(len(row.violations) for row in self.rows.values())

    def table(self):
        lines = [f"{'fault':34} {'times':>5} {'requests':>9} {'lost':>6} {'slowest':>8}  violations"]
        for name, row in self.rows.items():
            slowest = f"{row.recovery:.1f} s" if row.played else "-"
            lines.append(f"{name:34} {row.played:5} {row.requests:9} {row.lost:6} {slowest:>8}  {len(row.violations) or ''}")
        lines.append(f"{'all':34} {self.total('played'):5} {self.total('requests'):9} {self.total('lost'):6}")
        for name, why in sorted(self.excluded.items()):
            lines.append(f"not played: {name}: {why}")
        return "\n".join(line.rstrip() for line in lines)

    def too_rare(self, seconds, per_hour=20):
        """What was played less often than that in a run of so many seconds."""
        return [f"{name}: played {row.played} times, and at least {per_hour * seconds / 3600:.0f} are wanted"
                for name, row in self.rows.items() if row.played < per_hour * seconds / 3600]

    def total(self, what):
        return sum(getattr(row, what) for row in self.rows.values())

    def markdown(self, conditions):
        lines = [conditions, "", "| fault | what happens | times | requests | lost | slowest recovery | may be lost |",
                 "|---|---|---:|---:|---:|---:|---|"]
        for name, row in self.rows.items():
            if row.played:
                broken = f"; **broken {len(row.violations)} times**" if row.violations else ""
                lines.append(f"| `{name}` | {row.fault.text} | {row.played} | {row.requests} | {row.lost} | "
                             f"{row.recovery:.1f} s | {row.fault.allowed}{broken} |")
        lines.append(f"| all | | {self.total('played')} | {self.total('requests')} | {self.total('lost')} | | |")
        lines += ["", "Not played:", ""] + [f"- `{name}`: {why}" for name, why in sorted(self.excluded.items())] if self.excluded else []
        return "\n".join(lines) + "\n"

    def junit(self, path):
        suite = xml.Element("testsuite", name="chaos")
        for name, row in self.rows.items():
            case = xml.SubElement(suite, "testcase", classname="chaos", name=name)
            if row.violations:
                xml.SubElement(case, "failure", message=row.violations[0][2]).text = "\n".join(map(str, row.violations))
            elif not row.played:
                xml.SubElement(case, "skipped", message="the time was over before its turn")
        for name, why in self.excluded.items():
            xml.SubElement(xml.SubElement(suite, "testcase", classname="chaos", name=name), "skipped", message=why)
        xml.ElementTree(suite).write(path, encoding="unicode")

    def closing_line(self):
        failed = sum(1 for row in self.rows.values() if row.violations)
        skipped = sum(1 for row in self.rows.values() if not row.played) + len(self.excluded)
        return f"{len(self.rows) + len(self.excluded) - failed - skipped} passed, {failed} failed, {skipped} skipped"


def write_between_marks(page, text):
    """Replaces what stands between the page's two marks."""
    begin, end = "<!-- played: begin -->\n", "<!-- played: end -->"
    old = page.read_text()
    head, rest = old.split(begin)
    page.write_text(head + begin + text + end + rest.split(end)[1])
