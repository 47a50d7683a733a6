"""The tidy laws of the house, read by a machine (docs/architecture.md says why)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "tradewind"
MODULES = sorted(SOURCE.rglob("*.py"))
FILE_LINES = 400
FUNCTION_LINES = 50
KERNEL_LINES = 70
PARAMETERS = 7
CLOCK_AND_CHANCE = {"core/clock.py", "core/random.py"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
HOME_OF = {
    "torch": ("rl/", "alpha/models/"),
    "gymnasium": ("rl/",),
    "nicegui": ("oversight/console/",),
    "quickfix": ("live/fix/",),
}
KERNEL_MARKS = {"entry", "inner", "rare", "parallel_entry", "callback"}
RANDOM_TYPES = {"Generator", "SeedSequence", "PCG64", "BitGenerator"}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the statements, without signature and docstring."""
    first = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - first[0].lineno + 1 if first else 0


def every(check: object) -> object:
    return pytest.mark.parametrize("path", MODULES, ids=name_of)(check)


@every
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES, f"{name_of(path)} has {lines} lines; split it (at most {FILE_LINES})"


@every
def test_functions_are_short(path: Path) -> None:
    for node in functions(tree_of(path)):
        budget = KERNEL_LINES if decorators(node) & {"entry", "inner"} else FUNCTION_LINES
        assert body_lines(node) <= budget, (
            f"{name_of(path)}:{node.lineno} {node.name}: {body_lines(node)} > {budget} lines"
        )


@every
def test_functions_take_few_parameters(path: Path) -> None:
    if name_of(path).startswith("cli/"):
        pytest.skip("a command's options are its parameters")
    for node in functions(tree_of(path)):
        arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        count = len([a for a in arguments if a not in ("self", "cls")])
        assert count <= PARAMETERS, f"{name_of(path)}:{node.lineno} {node.name} takes {count} parameters"


@every
def test_time_and_chance_come_as_arguments(path: Path) -> None:
    if name_of(path) in CLOCK_AND_CHANCE:
        pytest.skip("the one place that may")
    for node in ast.walk(tree_of(path)):
        where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            assert not {a.name for a in node.names} & {"time", "random", "secrets"}, where
        if isinstance(node, ast.ImportFrom):
            assert node.module not in {"time", "random", "secrets"}, where
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            assert not re.search(r"\b(datetime|date)\.(now|utcnow|today)$", text), f"{where}: {text}"
            found = re.fullmatch(r"(?:np|numpy)\.random\.(\w+)", text)
            assert found is None or found[1] in RANDOM_TYPES, f"{where}: {text}"


@every
def test_heavy_packages_stay_in_their_room(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            homes = HOME_OF.get(name.split(".")[0])
            assert homes is None or name_of(path).startswith(homes), f"{name_of(path)} imports {name}"


@every
def test_names_say_something(path: Path) -> None:
    parts = {part for piece in path.relative_to(SOURCE).parts for part in piece.removesuffix(".py").split("_")}
    assert not parts & BANNED_NAMES, name_of(path)


@every
def test_public_names_are_listed_and_documented(path: Path) -> None:
    if path.name in ("__init__.py", "__main__.py"):
        pytest.skip("rooms list their public names where they need to")
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{name_of(path)} has no docstring"
    assigned = {t.id: n for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    assert "__all__" in assigned, f"{name_of(path)} has no __all__"
    public = ast.literal_eval(assigned["__all__"].value)
    assert len(public) == len(set(public)), f"{name_of(path)}: a name stands twice in __all__"
    for name in public:
        assert documented(tree, name), f"{name_of(path)}: {name} has no docstring"


def documented(tree: ast.Module, name: str) -> bool:
    """A function or class with a docstring, or a constant followed by one."""
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node) is not None
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            after = tree.body[index + 1] if index + 1 < len(tree.body) else None
            return (
                isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            )
    return False


def parts_of(path: Path) -> set[str]:
    """Names decorated with ``@inner`` or ``@rare``: compiled without a wrapper, so only kernels may call them."""
    return {node.name for node in functions(tree_of(path)) if decorators(node) & {"inner", "rare"}}


PARTS = {"tradewind." + name_of(p).removesuffix(".py").replace("/", "."): parts_of(p) for p in MODULES}


@every
def test_only_kernels_call_parts_of_kernels(path: Path) -> None:
    tree = tree_of(path)
    if "overload" in imported_names(tree):
        pytest.skip("its functions are compiled by Numba's overload, not called")
    parts = parts_of(path)
    for node in (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)):
        parts |= {alias.asname or alias.name for alias in node.names if alias.name in PARTS.get(str(node.module), ())}
    for node in functions(tree):
        if decorators(node) & KERNEL_MARKS:
            continue
        kernels = [inside for inside in functions(node) if decorators(inside) & KERNEL_MARKS]
        inside_kernels = {id(c) for kernel in kernels for c in ast.walk(kernel)}
        calls = [c for c in ast.walk(node) if isinstance(c, ast.Call) and id(c) not in inside_kernels]
        called = {c.func.id for c in calls if isinstance(c.func, ast.Name)}
        own = {inside.name for inside in functions(node)}
        assert not (called & parts) - own, (
            f"{name_of(path)}:{node.lineno} {node.name} calls {called & parts} from Python"
        )


def test_no_module_is_dead() -> None:
    """Every module is reached from the command line or from a room's door."""
    imports: dict[str, set[str]] = {}
    for path in MODULES:
        dotted = "tradewind." + name_of(path).removesuffix(".py").replace("/", ".")
        imports[dotted.removesuffix(".__init__")] = imported_modules(path)
    doors = {"tradewind", "tradewind.__main__", "tradewind.cli.main"} | {
        m for m in imports if (SOURCE / m.removeprefix("tradewind.").replace(".", "/") / "__init__.py").exists()
    }
    alive, queue = set(doors), list(doors)
    while queue:
        for target in imports.get(queue.pop(), ()):
            if target in imports and target not in alive:
                alive.add(target)
                queue.append(target)
    assert sorted(set(imports) - alive) == []


def imported_names(tree: ast.Module) -> set[str]:
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def test_the_public_door_is_small_and_sorted() -> None:
    import tradewind

    assert list(tradewind.__all__) == sorted(tradewind.__all__)
    assert all(hasattr(tradewind, name) for name in tradewind.__all__)
    assert len(tradewind.__all__) <= 25
