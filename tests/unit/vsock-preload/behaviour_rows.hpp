// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small programs with what they print under AF_VSOCK, where a Unix socket would do otherwise.
#pragma once

namespace nitroscope::vsock::test {

enum class Needs { family, loopback, enclave };

struct Row {
    const char *name;
    Needs needs;
    const char *program;
    const char *output;
};

// The kernel's values: Linux 6.12's af_vsock.c, and 6.18 asked.
inline const Row rows[] = {
    {"datagrams", Needs::family, "print(name(lambda: socket.socket(V, socket.SOCK_DGRAM)))", "ENODEV"},
    {"raw sockets", Needs::family, "print(name(lambda: socket.socket(V, socket.SOCK_RAW)))",
     "ESOCKTNOSUPPORT"},
    {"another protocol", Needs::family, "print(name(lambda: socket.socket(V, S, 6)))", "EPROTONOSUPPORT"},
    {"a fresh socket", Needs::family,
     "s = socket.socket(V, S)\n"
     "print(name(lambda: s.shutdown(2)), name(lambda: s.recv(4)), name(lambda: s.send(b'x')))\n"
     "print(name(s.listen), name(s.accept), name(s.getpeername), s.getsockname())",
     "ENOTCONN ENOTCONN ENOTCONN\nEINVAL EINVAL ENOTCONN (4294967295, 4294967295)"},
    {"requests of the device only", Needs::family,
     "s = socket.socket(V, S); f = open('/dev/vsock', 'rb')\n"
     "print(name(lambda: fcntl.ioctl(s, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))))\n"
     "print(len(fcntl.ioctl(f, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))), name(lambda: fcntl.ioctl(f, 0x5401, "
     "bytes(64))))",
     "ENOTTY\n4 ENOTTY"},
    {"options of other protocols", Needs::family,
     "s = socket.socket(V, S); print(name(lambda: s.setsockopt(6, 1, 1)), name(lambda: s.getsockopt(6, 1)))\n"
     "print(name(lambda: s.getsockopt(V, 3)), name(lambda: s.setsockopt(V, 99, 1)))",
     "ENOPROTOOPT ENOPROTOOPT\nENOPROTOOPT ENOPROTOOPT"},
    {"sizes of options", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True)\n"
     "def get(size):\n"
     "    b, n = ctypes.create_string_buffer(16), ctypes.c_uint(size)\n"
     "    r = c.getsockopt(s.fileno(), V, 0, b, ctypes.byref(n))\n"
     "    return (struct.unpack('Q', b.raw[:8])[0], n.value) if r == 0 else errno.errorcode[ctypes.get_errno()]\n"
     "print(get(4), get(8), get(16))",
     "EINVAL (262144, 8) (262144, 8)"},
    {"connect time-outs that are none", Needs::family,
     "s = socket.socket(V, S); print(limit(s, -1), limit(s, 0, 1000000), limit(s, 5, 250000), limit(s, 3000000))",
     "-1 -1 0 0"},
    {"general options", Needs::family,
     "s = socket.socket(V, S)\n"
     "print([s.getsockopt(SO, o) for o in (socket.SO_DOMAIN, socket.SO_TYPE, socket.SO_PROTOCOL, "
     "socket.SO_ACCEPTCONN, socket.SO_ERROR)])\n"
     "b = (ctypes.c_int * 3)(); ctypes.CDLL(None).getsockopt(s.fileno(), SO, socket.SO_PEERCRED, b, "
     "ctypes.byref(ctypes.c_uint(12))); print(tuple(b))",
     "[40, 1, 0, 0, 0]\n(0, -1, -1)"},
    {"CIDs that are not ours", Needs::family,
     "s = socket.socket(V, S); print([name(lambda: s.bind((c, 7201))) for c in (0, 2, 99)])",
     "['EADDRNOTAVAIL', 'EADDRNOTAVAIL', 'EADDRNOTAVAIL']"},
    {"malformed addresses", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True)\n"
     "def call(f, b, n): return f(s.fileno(), b, n) and errno.errorcode[ctypes.get_errno()]\n"
     "for f in c.bind, c.connect:\n"
     "    print(*[call(f, b, n) for b, n in ((bytes(16), 8), (struct.pack('H14x', 2), 16), (bytes(16), 16), (None, "
     "16))])\n"
     "print(call(c.getsockname, None, None))",
     "EINVAL EINVAL EINVAL EFAULT\nEINVAL EINVAL EINVAL EFAULT\nEFAULT"},
    {"a port is taken as soon as it is bound", Needs::family,
     "a, b = socket.socket(V, S), socket.socket(V, S); a.bind((ANY, 7202)); b.setsockopt(SO, socket.SO_REUSEADDR, 1)\n"
     "print(name(lambda: b.bind((ANY, 7202))), name(lambda: a.bind((ANY, 7203)))); a.listen()\n"
     "print(name(lambda: b.bind((ANY, 7202))), name(b.listen))\n"
     "a.close(); print(name(lambda: b.bind((ANY, 7202))), name(b.listen))",
     "EADDRINUSE EINVAL\nEADDRINUSE EINVAL\nNone None"},
    {"a listener", Needs::family,
     "l = socket.socket(V, S); l.bind((ANY, 7204)); l.listen(); p = select.poll(); p.register(l)\n"
     "print(p.poll(0), l.getsockopt(SO, socket.SO_ACCEPTCONN), l.getsockname(), name(l.getpeername))\n"
     "print(name(lambda: l.connect((3, 1))), name(lambda: l.recv(1)), name(lambda: l.send(b'x')), name(lambda: "
     "l.shutdown(2)))\n"
     "l.setblocking(False); print(name(l.accept), name(lambda: l.listen(3)))",
     "[] 1 (4294967295, 7204) ENOTCONN\nEINVAL ENOTCONN ENOTCONN ENOTCONN\nEAGAIN None"},
    {"forms of options and types", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True); b = ctypes.create_string_buffer(16)\n"
     "def get(level, option, size):\n"
     "    n = ctypes.c_int(size); r = c.getsockopt(s.fileno(), level, option, b, ctypes.byref(n))\n"
     "    return n.value if r == 0 else errno.errorcode[ctypes.get_errno()]\n"
     "def put(level, option, size, value=b):\n"
     "    r = c.setsockopt(s.fileno(), level, option, value, size); return r and errno.errorcode[ctypes.get_errno()]\n"
     "print([get(SO, socket.SO_DOMAIN, n) for n in (0, 1, 16, -1)], [get(SO, socket.SO_ERROR, n) for n in (1, -1)])\n"
     "print(get(V, 0, -1), get(V, 6, -1), get(287, 0, 8), put(287, 0, 8), put(V, 0, 8, None), put(V, 6, 16, None))\n"
     "n = ctypes.c_int(-1); print(c.getsockname(s.fileno(), b, ctypes.byref(n)), errno.errorcode[ctypes.get_errno()])\n"
     "print([name(lambda: socket.socket(V, t)) for t in (11, 99, S | 0x100)])",
     "[0, 1, 4, 'EINVAL'] [1, 'EINVAL']\nEINVAL EINVAL ENOPROTOOPT ENOPROTOOPT EFAULT EFAULT\n-1 EINVAL\n"
     "['EINVAL', 'EINVAL', 'EINVAL']"},
    {"flags of an address", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True)\n"
     "def bind(flags): return c.bind(s.fileno(), struct.pack('HHIIB3x', V, 0, 7221, ANY, flags), 16)\n"
     "print(bind(0x80), errno.errorcode[ctypes.get_errno()], bind(1), s.getsockname()[1])",
     "-1 EINVAL 0 7221"},
    {"the device by other calls", Needs::family,
     "c = ctypes.CDLL(None); c.fopen.restype = ctypes.c_void_p; f = c.fopen(b'/dev/vsock', b'r')\n"
     "fds = c.fileno(ctypes.c_void_p(f)), c['__open_2'](b'/dev/vsock', 0), c['__open64_2'](b'/dev/vsock', 0)\n"
     "print([len(fcntl.ioctl(fd, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))) for fd in fds])\n"
     "print(os.path.exists('/dev/vsock'), os.access('/dev/vsock', os.R_OK))",
     "[4, 4, 4]\nTrue True"},
    {"reading and writing a fresh socket", Needs::family,
     "s = socket.socket(V, S); print(name(lambda: os.read(s.fileno(), 1)), name(lambda: os.readv(s.fileno(), "
     "[bytearray(1)])))\n"
     "l = socket.socket(V, S); l.bind((ANY, 7222)); l.listen(); print(name(lambda: os.read(l.fileno(), 1)))",
     "ENOTCONN ENOTCONN\nENOTCONN"},

    {"loopback: names at both ends", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7210)); l.listen(); c = socket.socket(V, S); c.connect((1, 7210))\n"
     "a, peer = l.accept(); print(peer == (1, c.getsockname()[1]), a.getpeername() == peer, a.getsockname())\n"
     "print(c.getpeername(), c.getsockname()[0]); c.send(b'hi'); print(a.recv(9)); a.send(b'ho'); print(c.recv(9))",
     "True True (1, 7210)\n(1, 7210) 4294967295\nb'hi'\nb'ho'"},
    {"loopback: a bound source port", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7211)); l.listen(); c = socket.socket(V, S); c.bind((ANY, 7212))\n"
     "c.connect((1, 7211)); a, peer = l.accept(); print(peer, c.getsockname()[1])",
     "(1, 7212) 7212"},
    {"loopback: own CID", Needs::loopback,
     "f = open('/dev/vsock', 'rb')\n"
     "own = struct.unpack('I', fcntl.ioctl(f, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4)))[0]\n"
     "l = socket.socket(V, S); l.bind((own, 7213)); l.listen(); c = socket.socket(V, S)\n"
     "print(name(lambda: c.connect((1, 7213)))); c.connect((own, 7213)); a, peer = l.accept()\n"
     "print(peer[0], a.getsockname() == (own, 7213), c.getpeername() == (own, 7213))",
     "ECONNRESET\n1 True True"},
    {"loopback: CID 1 only", Needs::loopback,
     "l = socket.socket(V, S); l.bind((1, 7214)); l.listen(); b = socket.socket(V, S)\n"
     "print(name(lambda: b.bind((ANY, 7214)))); c = socket.socket(V, S); c.connect((1, 7214))\n"
     "print(l.accept()[0].getsockname())",
     "EADDRINUSE\n(1, 7214)"},
    {"loopback: nobody listens", Needs::loopback,
     "c = socket.socket(V, S); print(name(lambda: c.connect((1, 7215))), later(socket.socket(V, S), (1, 7215)))\n"
     "l = socket.socket(V, S); l.bind((ANY, 7215)); l.listen(); c.connect((1, 7215)); print(c.getpeername())",
     "ECONNRESET ('EINPROGRESS', True, 'ECONNRESET')\n(1, 7215)"},
    {"loopback: a full backlog refuses", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7216)); l.listen(0); a, b = socket.socket(V, S), socket.socket(V, S)\n"
     "a.connect((1, 7216)); print(name(lambda: b.connect((1, 7216))), later(socket.socket(V, S), (1, 7216)))",
     "ECONNRESET ('EINPROGRESS', True, 'ECONNRESET')"},
    {"loopback: non-blocking", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7217)); l.listen(); c = socket.socket(V, S)\n"
     "print(later(c, (1, 7217)), c.getpeername(), name(lambda: c.connect((1, 7217))), name(lambda: c.recv(1)))",
     "('EINPROGRESS', True, 0) (1, 7217) EISCONN EAGAIN"},
    {"loopback: no address with the bytes", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7218)); l.listen(); c = socket.socket(V, S); c.connect((1, 7218))\n"
     "a = l.accept()[0]; a.send(b'xy'); c.send(b'z')\n"
     "print(c.recvfrom(1), c.recvmsg(9)[0::3], a.recvmsg(9)[0::3], name(lambda: c.sendto(b'x', (1, 7218))))",
     "(b'x', None) (b'y', None) (b'z', None) EISCONN"},
    {"loopback: seqpacket", Needs::loopback,
     "l = socket.socket(V, Q); l.bind((ANY, 7219)); l.listen(); c = socket.socket(V, Q); c.connect((1, 7219))\n"
     "a, peer = l.accept(); a.send(b'one'); a.send(b'two'); print(c.recvfrom(99), c.recv(99), peer[0])\n"
     "print(name(lambda: socket.socket(V, S).connect((1, 7219))))",
     "(b'one', None) b'two' 1\nECONNRESET"},
    {"loopback: shutdown", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7220)); l.listen(); c = socket.socket(V, S); c.connect((1, 7220))\n"
     "a = l.accept()[0]; a.send(b'late'); select.select([c], [], [], 20); c.shutdown(2)\n"
     "print(c.recv(9), name(c.getpeername), name(lambda: c.connect((1, 7220))), a.recv(9))",
     "b'' ENOTCONN EINVAL b''"},
    {"loopback: urgent bytes and control data", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7223)); l.listen(); c = socket.socket(V, S); c.connect((1, 7223))\n"
     "a = l.accept()[0]; print(name(lambda: c.send(b'x', socket.MSG_OOB)), name(lambda: a.recv(1, socket.MSG_OOB)))\n"
     "print(c.sendmsg([b'y'], [(SO, socket.SCM_RIGHTS, struct.pack('i', 0))]), a.recvmsg(9, 64)[:2])",
     "ENOTSUP ENOTSUP\n1 (b'y', [])"},
    {"loopback: waiting for as much as the buffer holds", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7224)); l.listen(); c = socket.socket(V, S); c.connect((1, 7224))\n"
     "a = l.accept()[0]; a.send(b'x' * 9); print(name(lambda: c.recv(262144, socket.MSG_WAITALL)))\n"
     "print(c.recv(9, socket.MSG_WAITALL))",
     "ENOMEM\nb'xxxxxxxxx'"},
    {"loopback: a listener's settings", Needs::loopback,
     "c = ctypes.CDLL(None)\n"
     "def set(s, option, value): c.setsockopt(s.fileno(), V, option, struct.pack('Q', value), 8)\n"
     "def get(s, option):\n"
     "    b = ctypes.create_string_buffer(16); c.getsockopt(s.fileno(), V, option, b, ctypes.byref(ctypes.c_uint(16)))\n"
     "    return struct.unpack('Q', b.raw[:8])[0]\n"
     "l = socket.socket(V, S); set(l, 2, 1 << 20); set(l, 0, 1 << 19); limit(l, 7); l.bind((ANY, 7227)); l.listen()\n"
     "k = socket.socket(V, S); k.connect((1, 7227)); a = l.accept()[0]; print([get(a, o) for o in (0, 1, 2, 6)])\n"
     "set(k, 1, 1 << 20); print([get(k, o) for o in (0, 1, 2)])",
     "[524288, 128, 1048576, 7]\n[262144, 1048576, 262144]"},
    {"loopback: closed with something unread", Needs::loopback,
     "import signal; signal.signal(signal.SIGPIPE, signal.SIG_IGN)\n"
     "def ends(read):\n"
     "    l = socket.socket(V, S); l.bind((ANY, 7225)); l.listen(); c = socket.socket(V, S); c.connect((1, 7225))\n"
     "    a = l.accept()[0]; c.send(b'unread'); select.select([a], [], [], 20); a.send(b'last'); a.close()\n"
     "    select.select([c], [], [], 20); time.sleep(0.2)\n"
     "    return read(c), read(c), read(c), c.getsockopt(SO, socket.SO_ERROR), name(lambda: c.send(b'x'))\n"
     "print(ends(lambda c: name(lambda: c.recv(9)))); print(ends(lambda c: name(lambda: os.read(c.fileno(), 9))))",
     "(b'last', b'', b'', 0, 'EPIPE')\n(b'last', b'', b'', 0, 'EPIPE')"},
    {"loopback: seqpacket has no addresses and no empty messages", Needs::loopback,
     "l = socket.socket(V, Q); l.bind((ANY, 7226)); l.listen(); c = socket.socket(V, Q); c.connect((1, 7226))\n"
     "a = l.accept()[0]; print(name(lambda: c.sendto(b'x', (1, 5))), c.send(b''), c.sendmsg([b'', b''])); c.send(b'z')\n"
     "print(a.recv(9)); s = socket.socket(V, Q); print(name(lambda: s.sendto(b'x', (1, 5))))",
     "EISCONN 0 0\nb'z'\nENOTSUP"},

    {"refused later", Needs::enclave,
     "s = socket.socket(V, S); print(later(s, (16, 1)), name(s.getpeername)); p = select.poll(); p.register(s)\n"
     "print(p.poll(0)[0][1] & select.POLLOUT != 0, name(lambda: s.connect((16, 5000))), name(lambda: s.recv(1)))",
     "('EINPROGRESS', True, 'ECONNRESET') ENOTCONN\nTrue EALREADY ENOTCONN"},
    {"refused, and read before it is asked for", Needs::enclave,
     "s = socket.socket(V, S); s.setblocking(False); print(name(lambda: s.connect((16, 1))))\n"
     "select.select([], [s], [], 20); print(name(lambda: os.read(s.fileno(), 1)), name(lambda: s.recv(1)))\n"
     "print(name(s.getpeername), errno.errorcode[s.getsockopt(SO, socket.SO_ERROR)])",
     "EINPROGRESS\nENOTCONN ENOTCONN\nENOTCONN ECONNRESET"},
    {"epoll before connect, duplicates and a child", Needs::enclave,
     "s = socket.socket(V, S); s.setblocking(False); e = select.epoll(); e.register(s, select.EPOLLIN); d = s.dup()\n"
     "print(name(lambda: s.connect((16, 5000)))); e.modify(s, select.EPOLLOUT)\n"
     "print(e.poll(20) == [(s.fileno(), select.EPOLLOUT)], d.getpeername(), d.getsockopt(SO, socket.SO_ERROR))\n"
     "if os.fork() == 0: d.send(b'child'); os._exit(0)\n"
     "os.wait(); e.modify(s, select.EPOLLIN); print(len(e.poll(20)), s.recv(9))",
     "EINPROGRESS\nTrue (16, 5000) 0\n1 b'child'"},
    {"fork while it is on its way", Needs::enclave,
     "s = socket.socket(V, S); s.setblocking(False); print(name(lambda: s.connect((16, 5000))), flush=True)\n"
     "if os.fork() == 0: print(select.select([], [s], [], 20)[1] == [s], s.getpeername(), flush=True); os._exit(0)\n"
     "os.wait(); print(s.getpeername())",
     "EINPROGRESS\nTrue (16, 5000)\n(16, 5000)"},
    {"a path with a comma, and two enclaves", Needs::enclave,
     "import tempfile; d = tempfile.mkdtemp(); os.mkdir(d + '/a,b')\n"
     "os.environ['NITROSCOPE_VSOCK'] = '16=' + d + '/a,b/e,17=' + d + '/f'\n"
     "s = socket.socket(V, S); s.bind((ANY, 7231)); print(sorted(os.listdir(d)), sorted(os.listdir(d + '/a,b')))",
     "['a,b', 'f_7231'] ['e_1_7231', 'e_7231']"},
    {"closed while it is on its way", Needs::enclave,
     "for i in range(50):\n"
     "    s = socket.socket(V, S); s.setblocking(False); error(lambda: s.connect((16, 5000))); s.close()\n"
     "s = socket.socket(V, S); s.connect((16, 5000)); s.send(b'x'); print(s.recv(1))",
     "b'x'"},
    {"large messages at once", Needs::enclave,
     "for kind in S, Q:\n"
     "    s = socket.socket(V, kind); print(later(s, (16, 5000))); s.setblocking(True); s.send(b'x' * 150000)\n"
     "    n = 0\n"
     "    while n < 150000: n += len(s.recv(150000))\n"
     "    print(n)",
     "('EINPROGRESS', True, 0)\n150000\n('EINPROGRESS', True, 0)\n150000"},
    {"after exec", Needs::enclave,
     "import subprocess, sys\n"
     "s = socket.socket(V, S); s.connect((16, 5000)); l = socket.socket(V, S); l.bind((3, 7230)); l.listen()\n"
     "code = 's, l = [socket.socket(fileno=int(f)) for f in sys.argv[1:]]\\n'\\\n"
     "    'print(s.family, s.getpeername(), s.getsockname()[0], l.getsockname()[1], l.type, flush=True)\\n'\\\n"
     "    's.send(b\"exec\"); print(s.recvfrom(9), flush=True)'\n"
     "subprocess.run([sys.executable, '-c', 'import socket, sys\\n' + code, str(s.fileno()), str(l.fileno())], "
     "pass_fds=[s.fileno(), l.fileno()])\n"
     "print(os.path.exists(os.environ['NITROSCOPE_VSOCK'][3:] + '_7230'))",
     "40 (16, 5000) 4294967295 7230 1\n(b'exec', None)\nTrue"},
    {"passed on by SCM_RIGHTS", Needs::enclave,
     "s = socket.socket(V, S); s.connect((16, 5000)); a, b = socket.socketpair(); socket.send_fds(a, [b'x'], "
     "[s.fileno()])\n"
     "t = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0]); s.close()\n"
     "print(t.family, t.getpeername()); t.send(b'passed'); print(t.recv(9))",
     "40 (16, 5000)\nb'passed'"},
    {"FILE and os.read", Needs::enclave,
     "s = socket.socket(V, S); s.connect((16, 5000)); c = ctypes.CDLL(None); c.fdopen.restype = ctypes.c_void_p\n"
     "f = ctypes.c_void_p(c.fdopen(os.dup(s.fileno()), b'r+')); c.fputs(b'line\\n', f); c.fflush(f)\n"
     "print(os.read(s.fileno(), 9)); c.fclose(f); s.send(b'more'); print(os.readv(s.fileno(), [bytearray(4)]))",
     "b'line\\n'\n4"},
    {"close-on-exec", Needs::enclave,
     "s = socket.socket(V, S); print(s.get_inheritable(), fcntl.fcntl(s, fcntl.F_GETFD)); s.connect((16, 1)) if 0 else "
     "0\n"
     "error(lambda: s.connect((16, 1))); s.connect((16, 5000)); print(fcntl.fcntl(s, fcntl.F_GETFD))",
     "False 1\n1"},
    {"asyncio", Needs::enclave,
     "import asyncio\n"
     "async def main():\n"
     "    loop = asyncio.get_running_loop(); s = socket.socket(V, S); s.setblocking(False)\n"
     "    await loop.sock_connect(s, (16, 5000)); await loop.sock_sendall(s, b'x' * 100000)\n"
     "    n = 0\n"
     "    while n < 100000: n += len(await loop.sock_recv(s, 65536))\n"
     "    print(n); r, w = await asyncio.open_connection(sock=s); w.write(b'hi'); print(await r.readexactly(2))\n"
     "    w.close()\n"
     "    t = socket.socket(V, S); t.setblocking(False)\n"
     "    try: await loop.sock_connect(t, (16, 1))\n"
     "    except OSError as e: print(errno.errorcode[e.errno])\n"
     "asyncio.run(main())",
     "100000\nb'hi'\nECONNRESET"},
};

} // namespace nitroscope::vsock::test
