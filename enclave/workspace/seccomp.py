"""The system call filter of the jail: everything is allowed but what could reach out of it.

Refused with EPERM: tracing other processes, mounting, new namespaces, kernel keys, BPF, performance
counters, user faults, io_uring, handles of other file systems; sockets other than AF_UNIX, AF_INET,
AF_INET6 and AF_NETLINK (the last three reach the jail's own empty network only; the notebook
kernel needs them). ``clone3`` says that it does not exist, so that the flags of ``clone`` can be
seen. Source: the escape table in docs/explanation/measurements.md.
"""

import errno
import os
import socket
import tempfile
from typing import Any

from enclave.errors import RefusedError

REFUSED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot",
    "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr",
    "unshare", "setns", "keyctl", "add_key", "request_key", "bpf", "perf_event_open",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "open_by_handle_at",
    "name_to_handle_at", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime",
    "pidfd_getfd", "quotactl", "syslog",
)  # fmt: skip
NEW_NAMESPACES = 0x7E020000 | 0x00000080
"""CLONE_NEW* flags: cgroup, uts, ipc, user, pid, net, mount; and time."""

FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
TIOCSTI = 0x5412


def open_filter() -> int:
    """An inheritable file descriptor with the compiled filter, for bwrap's ``--seccomp``.

    Raises:
        RefusedError: this machine's libseccomp is missing or too old.
    """
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError):
        raise _missing() from None
    try:
        rules = _rules(seccomp)
        with tempfile.TemporaryFile() as stream:
            rules.export_bpf(stream)
            stream.seek(0)
            handle = os.dup(stream.fileno())
    except (OSError, RuntimeError, ValueError):
        raise _missing() from None
    os.set_inheritable(handle, True)
    return handle


def _rules(seccomp: Any) -> Any:
    """The filter as an object of the binding."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in REFUSED:
        _refuse(rules, seccomp, name)
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    refusal = seccomp.ERRNO(errno.EPERM)
    for bit in range(32):
        if NEW_NAMESPACES >> bit & 1:
            flag = seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit)
            rules.add_rule(refusal, "clone", flag)
    known = {int(family) for family in FAMILIES}
    for family in set(range(1, 64)) - known:
        rules.add_rule(refusal, "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(refusal, "ioctl", seccomp.Arg(1, seccomp.EQ, TIOCSTI))
    return rules


def _refuse(rules: Any, seccomp: Any, name: str) -> None:
    """Adds one refusal; a call that libseccomp does not know yet is left out."""
    try:
        rules.add_rule(seccomp.ERRNO(errno.EPERM), name)
    except (OSError, ValueError, RuntimeError):
        if name in {"ptrace", "mount", "unshare", "setns", "keyctl", "bpf"}:
            raise


def _missing() -> RefusedError:
    return RefusedError(
        "Research code runs under a system call filter.",
        where="libseccomp",
        next_step="install Debian's libseccomp2, then: enclave doctor",
    )
