What is said of a jail.conf that is wrong.

# printf 'web { path = /x; persist }\n' >c; jail -f c -c
jail: c:1:26: }: syntax error (is a ";" missing before it?)
web { path = /x; persist }
                         ^
[exit 1]
# printf 'web { path = "/x; persist;\n}\n' >c; jail -f c -c
jail: c:1:14: unterminated string
web { path = "/x; persist;
             ^
[exit 1]
# printf 'web { path = /x; persist;\n' >c; jail -f c -c
jail: c:1:26: unexpected EOF (the block opened at c:1:1 has no end)
web { path = /x; persist;
                         ^
[exit 1]
# printf 'web { }\nweb { }\n' >c; jail -f c -c
jail: c:2:1: jail "web" defined twice (first at c:1:1)
web { }
^
[exit 1]
# printf 'foo.* { persist; }\n' >c; jail -f c -c
jail: c:1:5: *: syntax error (a name of several parts needs quotes around all of it)
foo.* { persist; }
    ^
[exit 1]
# printf '.include "missing.conf";\n' >c; jail -f c -c
jail: c:1:11: missing.conf: No such file or directory
.include "missing.conf";
          ^
[exit 1]
# printf 'path = /run/tree; persist;\nbad { exec.strat = x; }\ngood { }\n' >c; jail -f c -c
jail: bad: c:2:7: unknown parameter: exec.strat, did you mean "exec.start"?
bad { exec.strat = x; }
      ^
good: created
[exit 1]
# printf 'path = "/run/$tre"; $tree = tree; persist; web { }\n' >c; jail -f c -c; jail -f c -r web
jail: web: c:1:14: path: variable "tre" not found, did you mean "tree"?
path = "/run/$tre"; $tree = tree; persist; web { }
             ^
jail: web: c:1:14: path: variable "tre" not found, did you mean "tree"?
path = "/run/$tre"; $tree = tree; persist; web { }
             ^
[exit 1]
# printf 'web { path = /run/tree; persist = perhaps; stop.timeout = soon; ip4.addr = 1.2.3; }\n' >c; jail -f c -c
jail: web: persist: unknown boolean value "perhaps" (c:1:25)
jail: web: stop.timeout: non-integer value "soon" (c:1:44)
jail: web: ip4.addr: not an IPv4 address: 1.2.3 (c:1:65)
[exit 1]
# printf 'web { path = /run/tree; persist; depend = db; }\n' >c; jail -f c -c
jail: web: depends on undefined jail "db"
[exit 1]
# printf 'web { path = tree; persist; }\n' >c; jail -f c -c
jail: web: path tree: not an absolute pathname
[exit 1]
# printf 'web { path = /run/tree; name = other; persist; }\n' >c; jail -f c -c
jail: web: c:1:25: cannot redefine parameter "name"
web { path = /run/tree; name = other; persist; }
                        ^
[exit 1]
# jail -q -f c -r '*'
jail: web: c:1:25: cannot redefine parameter "name"
web { path = /run/tree; name = other; persist; }
                        ^
[exit 1]
# printf '\357\273\277web { path = /run/tree; persist; }\n' >c; jail -f c -c web
jail: c:1:1: ﻿: syntax error (a byte order mark: save the file without it)
﻿web { path = /run/tree; persist; }
^
[exit 1]
# printf 'web { path = \342\200\234/run/tree\342\200\235; }\n' >c; jail -f c -c web
jail: c:1:14: “: syntax error (quotes are typed ' or ")
web { path = “/run/tree”; }
             ^
[exit 1]
# printf 'web { path = /run/tree;\302\240persist; }\n' >c; jail -f c -c web
jail: c:1:24:  : syntax error (this blank is a no-break space: type a plain one)
web { path = /run/tree; persist; }
                       ^
[exit 1]
# printf 'web { path = /run/tree; mount.fstab = /run/cli/fstab; persist; }\n' >c
# printf '# base\n/run/tree /run/tree/mnt\n' >fstab; jail -f c -c web
jail: web: mount.fstab: /run/tree /run/tree/mnt: missing information (/run/cli/fstab:2)
[exit 1]
# jail -f c -c wbe
jail: "wbe" not found, did you mean "web"?
[exit 1]
# printf 'web { path = /run/tree; persist; ip4.addr = "lo|10.0.0.1 vhid 1", "10.0.0.2 10.0.0.3"; }\n' >c
# jail -f c -c web
jail: web: ip4.addr: not supported on this system: words after the address, "vhid 1" (several addresses need commas) (c:1:34)
jail: web: ip4.addr: not supported on this system: words after the address, "10.0.0.3" (several addresses need commas) (c:1:34)
[exit 1]
# printf 'web { path = /run/tree; persist; vnet; vnet.interface = "ep0b ep1b"; }\n' >c; jail -f c -c web
web: created
jail: web: vnet.interface: ep0b ep1b: move to netns: No such device (exec.prestart can make it; several need commas)
web: removed
[exit 1]
