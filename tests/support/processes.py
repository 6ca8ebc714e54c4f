"""What the kernel knows of a process and everything below it: who they are, what they used, what they listen on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Kilobytes, as the kernel counts them: resident, and resident with shared pages divided among their users."""

    rss: int
    pss: int


def tree(pid: int) -> list[int]:
    """The process and all its living descendants, the process first; empty when it is gone."""
    found = [pid]
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []
    for task in tasks:
        try:
            children = (task / "children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the whole tree since it began, with that of threads and children that have ended."""
    ticks = 0
    for member in tree(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(int(field) for field in fields[11:15])  # proc(5): utime stime cutime cstime
    return ticks / TICK


def core_seconds(core: int) -> float:
    """Time that the core has spent on anything but idling, of whomever, since the machine started."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    ticks = [int(field) for field in line.split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / TICK  # proc(5): the fourth is idle, the fifth waits for I/O


def waited(pid: int) -> float:
    """Seconds for which its first thread could have run and had no core to run on."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def memory(pid: int) -> Memory:
    """Of this one process."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        sizes[name] = int(value.split()[0])
    return Memory(rss=sizes["Rss"], pss=sizes["Pss"])


@contextmanager
def peak_of_memory() -> Iterator[list[int]]:
    """How many bytes more this process had at its peak than when the block began; known when it ends."""
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak is what there is now
    before, found = _status("VmRSS"), [0]
    yield found
    found[0] = max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def listeners(pid: int, port: int) -> list[int]:
    """Those of the tree that hold a listening TCP socket on the port."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, state="0A")}  # 0A: LISTEN
    return [member for member in tree(pid) if sockets & _open_files(member)]


def serving(pid: int, port: int) -> int:
    """How many connections to the port this one process has accepted and holds."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, state="01")}  # 01: ESTABLISHED
    return len(sockets & _open_files(pid))


def _inodes(port: int, *, state: str) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _open_files(pid: int) -> set[str]:
    found = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.add(str(descriptor.readlink()))
            except FileNotFoundError:
                continue
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return found
