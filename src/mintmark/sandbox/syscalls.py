"""System calls by name: their numbers on x86_64 and on aarch64, and which of them a sandboxed program may make.

Each entry is `name:x86_64:aarch64`, with no number where an architecture has no such call. The numbers are part of the kernel's
stable interface. What is in no table does not exist for the program (`ENOSYS`).
"""

from __future__ import annotations

_ALLOWED = """
read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70
close:3:57 close_range:436:436 lseek:8:62 open:2: openat:257:56 creat:85: stat:4: fstat:5:80 lstat:6:
newfstatat:262:79 statx:332:291 access:21: faccessat:269:48 faccessat2:439:439 readlink:89: readlinkat:267:78
getcwd:79:17 chdir:80:49 fchdir:81:50 getdents64:217:61 mkdir:83: mkdirat:258:34 rmdir:84: unlink:87:
unlinkat:263:35 rename:82: renameat:264:38 renameat2:316:276 link:86: linkat:265:37 symlink:88: symlinkat:266:36
ftruncate:77:46 fallocate:285:47 fsync:74:82 fdatasync:75:83 umask:95:166 statfs:137:43 fstatfs:138:44 dup:32:23
dup2:33: dup3:292:24 pipe:22: pipe2:293:59 poll:7: ppoll:271:73 select:23: pselect6:270:72 epoll_create1:291:20
epoll_ctl:233:21 epoll_wait:232: epoll_pwait:281:22 eventfd2:290:19 recvfrom:45:207 shutdown:48:210
getsockname:51:204 getsockopt:55:209 mmap:9:222 munmap:11:215 mprotect:10:226 mremap:25:216 madvise:28:233
brk:12:214 futex:202:98 set_robust_list:273:99 rseq:334:293 sched_yield:24:124 sched_getaffinity:204:123
getcpu:309:168 getrandom:318:278 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115
nanosleep:35:101 gettimeofday:96:169 time:201: times:100:153 getrusage:98:165 uname:63:160 sysinfo:99:179
getpid:39:172 gettid:186:178 getppid:110:173 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177
getresuid:118:148 getresgid:120:150 getgroups:115:158 getpgrp:111: getpgid:121:155 getsid:124:156
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigtimedwait:128:137
sigaltstack:131:132 restart_syscall:219:128 alarm:37: setitimer:38:103 getitimer:36:102 pause:34: exit:60:93
exit_group:231:94 wait4:61:260 waitid:247:95 getrlimit:97:163 setrlimit:160:164 sendfile:40:71
copy_file_range:326:285 fadvise64:221:223 flock:73:32 getpriority:140:141 membarrier:324:283
"""
"""What a program needs that computes, and reads and writes its own files; none of it reaches another process."""

_PRETENDED = """
chmod:90: fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92: fchown:93:55 lchown:94: fchownat:260:54
utimensat:280:88 utime:132: utimes:235: futimesat:261:
"""
"""Changes of a file's mode, owner and times, which Landlock does not govern: they succeed and do nothing."""

_UNSUPPORTED = """
setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 getxattr:191:8 lgetxattr:192:9 fgetxattr:193:10 listxattr:194:11
llistxattr:195:12 flistxattr:196:13 removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16
"""
"""Extended attributes: not supported, as on many file systems."""

_NAMED = """
fcntl:72:25 ioctl:16:29 socketpair:53:199 sendto:44:206 prlimit64:302:261 kill:62:129 tgkill:234:131
tkill:200:130 clone:56:220 fork:57: vfork:58: socket:41:198 execve:59:221 execveat:322:281 capset:126:91
landlock_create_ruleset:444:444 landlock_add_rule:445:445 landlock_restrict_self:446:446
"""
"""Calls that the filter treats one by one, or that set the sandbox up."""


def _numbers(table: str) -> dict[str, tuple[int | None, int | None]]:
    found: dict[str, tuple[int | None, int | None]] = {}
    for entry in table.split():
        name, *numbers = entry.split(":")
        x86_64, aarch64 = (int(n) if n else None for n in numbers)
        found[name] = (x86_64, aarch64)
    return found


ARCHITECTURES: dict[str, tuple[int, int]] = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine -> column of the tables, and the kernel's name for the architecture (`AUDIT_ARCH_*`)."""


def numbers(machine: str) -> tuple[list[int], list[int], list[int], dict[str, int]]:
    """Return the calls that are allowed, pretended and unsupported, and those that have names, for a machine.

    Raises:
        KeyError: for a machine whose calls are not known here.

    Example:
        >>> numbers("x86_64")[3]["socket"], numbers("aarch64")[3]["socket"]
        (41, 198)
    """
    column, _ = ARCHITECTURES[machine]
    allowed, pretended, unsupported = (
        [n for entry in _numbers(table).values() if (n := entry[column]) is not None]
        for table in (_ALLOWED, _PRETENDED, _UNSUPPORTED)
    )
    named = {name: n for name, entry in _numbers(_NAMED).items() if (n := entry[column]) is not None}
    return allowed, pretended, unsupported, named
