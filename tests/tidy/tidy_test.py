#!/usr/bin/env python3
# Checks the checks: every rule of tidy.py is shown text that breaks it and text that does not.
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

import co_await_rule
import tidy
from cpp_text import functions, without_comments_and_literals


def messages(path, source, others=()):
    """What tidy says about one file in an otherwise empty project that has the files `others`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for other in others:
            (root / other).parent.mkdir(parents=True, exist_ok=True)
            (root / other).touch()
        return [f"{line}: {text}" for line, text in tidy.check_file(path, source, root)]


class Case(unittest.TestCase):
    def assert_found(self, part, path, source, others=()):
        found = messages(path, source, others)
        self.assertTrue(any(part in text for text in found), f"expected '{part}' in {found}")

    def assert_clean(self, path, source, others=()):
        self.assertEqual(messages(path, source, others), [])


class Includes(Case):
    def include(self, path, name):
        self.assert_clean(path, f'// X.\n#include "{name}"\n', [name])

    def refuse(self, path, name):
        self.assert_found("does not include", path, f'// X.\n#include "{name}"\n', [name])

    def test_each_folder_includes_what_stands_below_it(self):
        self.include("sim/a.cpp", "sim/b.hpp")
        self.include("client/a.cpp", "protocol/b.hpp")
        self.include("broker/group/a.cpp", "sim/b.hpp")
        self.include("producer/a.cpp", "client/b.hpp")
        self.include("scenarios/engine/a.cpp", "consumer/b.hpp")
        self.include("cli/a.cpp", "scenarios/engine/b.hpp")
        self.include("tests/sim/a.cpp", "broker/b.hpp")

    def test_no_folder_includes_what_stands_beside_or_above_it(self):
        self.refuse("sim/a.cpp", "protocol/b.hpp")
        self.refuse("protocol/a.hpp", "sim/b.hpp")
        self.refuse("producer/a.cpp", "broker/b.hpp")
        self.refuse("producer/a.cpp", "consumer/b.hpp")
        self.refuse("consumer/a.cpp", "producer/b.hpp")
        self.refuse("broker/controller/a.cpp", "client/b.hpp")
        self.refuse("broker/a.cpp", "scenarios/engine/b.hpp")
        self.refuse("cli/a.cpp", "sim/b.hpp")
        self.refuse("sim/a.cpp", "tests/b.hpp")

    def test_a_path_that_does_not_start_at_the_root_is_refused(self):
        self.assert_found("not a path from the root", "sim/a.cpp", '// X.\n#include "b.hpp"\n')

    def test_asio_stays_in_its_corner_of_sim(self):
        asio = "// X.\n#pragma once\n#include <boost/asio/awaitable.hpp>\n"
        self.assert_clean("sim/executor.hpp", asio)
        self.assert_clean("sim/executor.cpp", asio)
        self.assert_found("not included here", "sim/wait.hpp", asio)
        self.assert_found("not included here", "broker/log.hpp", asio)
        self.assert_found("not included here", "tests/sim/a.cpp", asio)

    def test_the_own_header_comes_first(self):
        others = ["sim/a.hpp", "sim/b.hpp"]
        good = '// X.\n#include "sim/a.hpp"\n\n#include <map>\n'
        self.assert_clean("sim/a.cpp", good, others)
        bad = '// X.\n#include <map>\n\n#include "sim/a.hpp"\n'
        self.assert_found("2: the first include", "sim/a.cpp", bad, others)


class Banned(Case):
    def ban(self, statement, path="broker/a.cpp"):
        self.assert_found("3: ", path, f"// X.\n\n{statement}\n")

    def allow(self, statement, path="broker/a.cpp"):
        self.assert_clean(path, f"// X.\n\n{statement}\n")

    def test_chance_comes_from_the_seed(self):
        self.ban("int x = std::rand();")
        self.ban("int x = rand();")
        self.ban("srand(1);")
        self.ban("std::random_device device;")
        self.ban("std::uniform_int_distribution<int> dice(1, 6);")
        self.ban("std::shuffle(a.begin(), a.end(), g);")
        self.allow("int x = rng.rand();")
        self.allow("int brand = operand(3);")

    def test_time_is_virtual(self):
        self.ban("auto t = time(nullptr);")
        self.ban("auto t = std::time(0);")
        self.ban("auto t = std::chrono::system_clock::now();")
        self.ban("auto t = std::chrono::steady_clock::now();")
        self.ban("std::this_thread::sleep_for(5ms);")
        self.allow("auto t = event.time();")
        self.allow("Time time() const;")
        self.allow("auto t = std::chrono::steady_clock::now();", "bench/a.cpp")

    def test_the_environment_belongs_to_the_command_line(self):
        self.ban('auto* home = std::getenv("HOME");')
        self.allow('auto* home = std::getenv("HOME");', "cli/a.cpp")

    def test_one_world_is_one_thread_that_hears_of_every_exception(self):
        self.ban("std::thread worker(run);")
        self.ban("asio::co_spawn(e, f(), asio::detached);")
        self.ban("namespace x = asio::experimental::y;")

    def test_unordered_containers_are_for_lookup_only(self):
        self.ban("std::unordered_map<int, int> a;")
        self.allow("std::unordered_map<int, int> a;  // lookup only")
        self.allow("#include <unordered_map>")
        text = "// X.\n\n// lookup only: nobody iterates it\nstd::unordered_set<int> a;\n"
        self.assert_clean("broker/a.cpp", text)

    def test_comments_and_literals_are_no_calls(self):
        self.allow("// std::rand() would differ")
        self.allow('auto text = "std::rand()";')
        self.allow('auto text = R"(time(nullptr) "quoted" rand())";')
        self.allow("auto big = 1'000'000;")


class Sizes(Case):
    def function(self, lines, head="int f()"):
        body = "".join(f"  x += {i};\n" for i in range(lines - 2))
        return f"// X.\n{head} {{\n{body}}}\n"

    def test_a_function_has_at_most_seventy_lines(self):
        self.assert_clean("sim/a.cpp", self.function(70))
        self.assert_found("2: f has 71 lines", "sim/a.cpp", self.function(71))

    def test_long_functions_are_found_behind_every_kind_of_head(self):
        for head in (
            "template <class T>\nT f(std::vector<T> x = {}) const",
            "A::A(int x) : a_(x), b_{x}, c_{{1, 2}}",
            "Task<std::map<int, int>> f(Request request) noexcept",
            "auto f(int x) -> std::vector<int>",
            'TEST_CASE("a leader (the old one) steps down")',
            "bool operator==(A a, A b)",
            "explicit A(Loop& loop) : loop_(loop)",
        ):
            for around in ("{}", "class A {{\n public:\n{}\n}};\n", "namespace a::b {{\n{}\n}}\n"):
                text = around.format(self.function(80, head))
                self.assertIn("at most 70", " ".join(messages("sim/a.cpp", text)), head)

    def test_a_class_or_a_table_may_be_longer_than_a_function(self):
        members = "".join(f"  int f{i}() {{ return {i}; }}\n" for i in range(90))
        self.assert_clean("sim/a.cpp", "// X.\nclass A {\n" + members + "};\n")
        rows = "".join(f"    {{{i}, f({i})}},\n" for i in range(90))
        self.assert_clean("sim/a.cpp", "// X.\nconst std::vector<Row> rows = {\n" + rows + "};\n")
        self.assert_clean("sim/a.cpp", "// X.\nconstexpr std::array rows{\n" + rows + "};\n")

    def test_neighbours_are_told_apart(self):
        code = "int f() {\n}\n\nA::A() : a_{1},\n         b_{2} {\n  x();\n}\nvoid A::g() {\n}\n"
        found = [(one.name, one.first_line, one.last_line) for one in functions(code)]
        self.assertEqual(found, [("f", 1, 2), ("A::A", 4, 7), ("A::g", 8, 9)])

    def test_a_file_has_at_most_five_hundred_lines(self):
        self.assert_clean("sim/a.cpp", "// X.\n" * 500)
        self.assert_found("501: the file has 501", "sim/a.cpp", "// X.\n" * 501)


class PlainText(Case):
    def test_lines_and_ends(self):
        self.assert_clean("sim/a.cpp", "// " + "ä" * 97 + "\n")
        self.assert_found("1: 101 columns", "sim/a.cpp", "// " + "x" * 98 + "\n")
        self.assert_found("1: a tab", "docs/a.md", "a\tb\n")
        self.assert_found("2: white space", "docs/a.md", "a\nb \n")
        self.assert_found("1: white space", "docs/a.md", "a\r\n")
        self.assert_found("does not end in a newline", "docs/a.md", "a")
        self.assert_found("empty lines at the end", "docs/a.md", "a\n\n")

    def test_how_a_file_opens(self):
        self.assert_found("opens with a comment", "sim/a.cpp", "int x;\n")
        self.assert_found("opens with a comment", "dev", "echo\n")
        self.assert_found("#pragma once", "sim/a.hpp", "// X.\nint x;\n")
        self.assert_clean("sim/a.hpp", "// X.\n#pragma once\n")

    def test_unfinished_work_is_not_done(self):
        self.assert_found("2: unfinished", "sim/a.cpp", "// X.\n// TODO: more\n")
        self.assert_found("1: unfinished", "docs/a.md", "FIXME\n")

    def test_the_project_speaks_of_itself(self):
        self.assert_found("a path of one machine", "docs/a.md", "see /work/main\n")
        self.assert_found("not about the project", "docs/a.md", "An agent wrote it.\n")
        self.assert_found("the number of an issue", "docs/a.md", "Fixes issue #12.\n")
        self.assert_found("a rule's number", "sim/a.cpp", "// As rule R-030 says.\n")
        self.assert_found("stands alone", "docs/a.md", "see ../shared/golden\n")
        self.assert_clean("tests/a.cpp", '// X.\nauto path = "../shared/golden";\n')
        self.assert_clean("docs/a.md", "The session times out; reagent; CRC-32C.\n")

    def test_a_tree_is_searched_but_not_its_build(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("sim/a.cpp", "build/dev/b.cpp", "tests/golden/c.txt"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("bad \n", encoding="utf-8")
            (root / "sim/d.hpp").write_bytes(b"// \xff\n")
            found = {name for name, _, _ in tidy.check_tree(root)}
            self.assertEqual(found, {"sim/a.cpp", "sim/d.hpp"})


class CoAwait(unittest.TestCase):
    def faults(self, statements):
        code = "Task<> f() {\n" + textwrap.indent(statements, "  ") + "\n}\n"
        return [f"{line}: {text}" for line, text in co_await_rule.check(code)]

    def assert_bad(self, statements, part="", line=2):
        found = self.faults(statements)
        self.assertEqual(len(found), 1, f"{statements}: {found}")
        self.assertIn(part, found[0])
        self.assertTrue(found[0].startswith(f"{line}:"), found)

    def assert_good(self, statements):
        self.assertEqual(self.faults(statements), [], statements)

    def test_braced_temporaries_are_found(self):
        for statement in (
            'auto r = co_await rpc(Request{.topic = "x"});',
            'co_await rpc({.topic = "x"});',
            'co_await rpc(outer(Request{"x"}, 1));',
            'co_await send(std::array<S, 2>{"a", "b"});',
            'co_await send(std::make_shared<P>(P{"a"}));',
            "v.push_back(P{co_await a(), 1});",
            "P p{co_await a(), co_await b()};",
            "std::vector<int> v{co_await a(), co_await b()};",
            "co_await f(std::max({1, 2}));",
            "co_return P{co_await a()};",
            "if (co_await f(P{1})) g();",
            "while (!(co_await f({1}))) {\n  g();\n}",
            "for (auto& x : co_await f(P{1})) {\n  g(x);\n}",
            "switch (co_await f(P{1})) {\n  case 1: break;\n}",
            "co_await Awaiter{state};",
            "const Reply reply =\n    co_await call(Request{1});",
        ):
            line = 3 if statement.startswith("const Reply") else 2
            self.assert_bad(statement, "a braced temporary", line)

    def test_closures_that_capture_by_value_are_found(self):
        for statement in (
            "co_await [x]() -> Task<> { co_return; }();",
            "co_await with([x] { return x; });",
            "co_await with([=]() { return x; });",
            "co_await with([&y, x = std::move(x)](int) mutable { return x; });",
            "co_await with([*this] { return 1; });",
            "co_await co_spawn(e, [x]() -> awaitable<void> { co_return; }, token);",
        ):
            self.assert_bad(statement, "a closure that captures by value")

    def test_conditional_operators_are_found(self):
        self.assert_bad('co_await f(c ? S("a") : S("b"));', "a conditional operator")
        self.assert_bad("auto r = c ? co_await a() : co_await b();", "a conditional operator")
        self.assert_bad("co_return c ? co_await a() : 1;", "a conditional operator")

    def test_a_fault_after_others_is_found_in_its_own_line(self):
        self.assert_bad("P p{1};\ng([x] { return x ? 1 : 2; });\nco_await f(P{2});", line=4)
        self.assert_bad("if (a) {\n  co_await f(P{2});\n}", line=3)
        self.assert_bad("case_label:\n  co_await f(P{2});", line=3)
        self.assert_bad("try {\n  co_await f(P{2});\n} catch (const E&) {\n}", line=3)
        self.assert_bad("auto g = [&]() -> Task<> {\n  co_await f(P{2});\n};", line=3)
        self.assert_bad("for (int i = 0; co_await f(P{i}); ++i) {\n}")

    def test_two_faulty_statements_are_two_findings(self):
        self.assertEqual(len(self.faults("co_await f(P{1});\nco_await f(P{2});")), 2)

    def test_conditions_do_not_wait(self):
        for statement in (
            "if (!co_await f(a)) g();",
            "if (auto x = co_await f(); x) {\n  g();\n}",
            "while (co_await f()) {\n  g();\n}",
            "switch (co_await f()) {\n  case 1: break;\n}",
        ):
            self.assert_bad(statement, "a condition around it")

    def test_what_compiles_correctly_is_left_alone(self):
        for statement in (
            'Request request{.topic = "x"};\nauto r = co_await rpc(std::move(request));',
            "auto task = f(Agg{1});\nco_await std::move(task);",
            "co_await rpc(make_request(1, name));",
            "co_return Reply{1, 2};",
            "send(Agg{1});\nco_await f();",
            "const auto [a, b] = co_await f();",
            "for (auto& x : co_await f()) {\n  P p{x};\n}",
            "co_await with([&] { return P{1}; });",
            "co_await with([&a, this](int x) { return x ? P{1} : P{2}; });",
            "co_await with([] { return 1; });",
            "co_await table[index];",
            "const int x = c ? 1 : 2;\nco_await f(x);",
            "switch (kind) {\n  case Kind::a: {\n    co_await f();\n    break;\n  }\n}",
            "try {\n  co_await f();\n} catch (const E& e) {\n  error = P{e};\n}",
            "do {\n  co_await f();\n} while (x ? a : b);",
            "// co_await f(P{1});",
            'log("co_await f(P{1}) ? a : b");',
        ):
            self.assert_good(statement)

    def test_heads_of_functions_are_not_initialisers(self):
        for head in (
            "Task<std::vector<int>> A::f(int x) const noexcept",
            "auto f() -> Task<std::pair<int, int>>",
            "Task<> f(Options options = Options{})",
        ):
            found = list(co_await_rule.check(head + " {\n  co_await g();\n  P p{1};\n}\n"))
            self.assertEqual(found, [], head)

    def test_blanking_keeps_lines_and_columns(self):
        text = 'a /* x\ny */ "b\\"c" \'{\' 1\'000 R"(\n{)" d // e\n'
        blanked = without_comments_and_literals(text)
        self.assertEqual([len(x) for x in blanked.split("\n")], [len(x) for x in text.split("\n")])
        self.assertNotIn("{", blanked)
        self.assertIn("1'000", blanked)


if __name__ == "__main__":
    unittest.main()
