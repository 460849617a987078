What a ruleset means, what is wrong with it, and that it is loaded whole or not at all.

# echo 'pass in proto tcp to port { ssh 8080 }' | pfctl -nvf -
pass in proto tcp from any to any port = ssh flags S/SA keep state
pass in proto tcp from any to any port = http-alt flags S/SA keep state
# echo 'pass in proto tcp to port { ssh 8080 }' | pfctl -nvPf -
pass in proto tcp from any to any port = 22 flags S/SA keep state
pass in proto tcp from any to any port = 8080 flags S/SA keep state
# echo 'block' | pfctl -nf -
# printf 'set skip on lo0\nnat on $if from 10/8 -> ($if)\ntable <t> { 10.0.0.1 }\nblock in on $if from <t>\n' >pf.conf
# pfctl -nvf pf.conf -D if=eth0
set skip on { lo0 }
table <t> { 10.0.0.1 }
nat on eth0 inet from 10.0.0.0/8 to any -> (eth0) round-robin
block drop in on eth0 from <t> to any
# pfctl -nvNf pf.conf -D if=eth0
nat on eth0 inet from 10.0.0.0/8 to any -> (eth0) round-robin
# pfctl -nvRf pf.conf -D if=eth0
block drop in on eth0 from <t> to any
# pfctl -nvOf pf.conf -D if=eth0
set skip on { lo0 }
# pfctl -nvT load -f pf.conf -D if=eth0
table <t> { 10.0.0.1 }
# pfctl -nvvf pf.conf -D if=eth0 -a jail/web
table <t> { 10.0.0.1 }
@0 nat on eth0 inet from 10.0.0.0/8 to any -> (eth0:*) round-robin
@0 block drop in on eth0 from <t:*> to any
# pfctl -nf pf.conf
pf.conf:2:8: macro 'if' not defined
pf.conf:4:13: macro 'if' not defined
[exit 1]
# printf 'pass in\nblok out\n' | pfctl -nvf -
stdin:2:1: syntax error (no statement begins with "blok", did you mean "block"?)
[exit 1]
# printf 'x = "1"\npass from lo0 to lo\n' | pfctl -nvvf -
warning: macro 'x' not used
x = "1"
@0 pass inet from 127.0.0.1 to 127.0.0.1 flags S/SA keep state
@1 pass inet6 from ::1 to ::1 flags S/SA keep state
# printf 'load anchor "a" from "pf.inner"\nanchor "a"\n' >pf.outer
# echo 'pass from 10.0.0.1' >pf.inner
# pfctl -nvf pf.outer
anchor "a" all

Loading anchor a from pf.inner
pass inet from 10.0.0.1 to any flags S/SA keep state
# pfctl -nf none.conf
pfctl: none.conf: No such file or directory
[exit 1]
# pfctl -f pf.conf
pf.conf:2:8: macro 'if' not defined
pf.conf:4:13: macro 'if' not defined
pfctl: Syntax error in config file: pf rules not loaded
[exit 1]
# pfctl -s Running
Disabled
[exit 1]
# printf 'block in on em9\npass out\nanchor "web/*"\n' | pfctl -ef -
pf enabled
# pfctl -e
pfctl: pf already enabled
[exit 1]
# echo 'pass in on em9 proto tcp to port 80' | pfctl -a web/one -f -
# pfctl -sru
block drop in on em9 all
pass out all flags S/SA keep state
anchor "web/*" all
# pfctl -vsA
  web/one
# pfctl -a web/one -sr
pass in on em9 proto tcp from any to any port = http flags S/SA keep state
# pfctl -a web/two -sr
pfctl: Anchor 'web/two' not found.
[exit 1]
# printf 'pass\nblock return-rst(ttl 9) proto tcp\n' | pfctl -f -
pfctl: stdin:2: not supported on this system: return-rst with a ttl: the kernel chooses it
[exit 1]
# pfctl -vsr | sed 's/pid [0-9]*/pid N/'
block drop in on em9 all
  [ Evaluations: 0         Packets: 0         Bytes: 0           States: 0     ]
  [ Inserted: uid 0 pid N State Creations: 0     ]
pass out all flags S/SA keep state
  [ Evaluations: 0         Packets: 0         Bytes: 0           States: 0     ]
  [ Inserted: uid 0 pid N State Creations: 0     ]
anchor "web/*" all
# pfctl -ss; pfctl -F states; pfctl -k 10.0.0.1; pfctl -k 10.0.0.0/8 -k ::/0; pfctl -k label -k none
0 states cleared
killed 0 states from 1 sources and 0 destinations
killed 0 states from 1 sources and 1 destinations
killed 0 states
# pfctl -k label
pfctl: no label specified
[exit 1]
# pfctl -k id -k none
pfctl: killing by id: no id 'none'
[exit 1]
# pfctl -k 10.0.0.0/x
pfctl: invalid netmask '/x'
[exit 1]
# pfctl -a web/one -F rules; pfctl -a web/one -sr
rules cleared
# pfctl -d; pfctl -s Running
pf disabled
Disabled
[exit 1]
# pfctl -d
pfctl: pf not enabled
[exit 1]
# pfctl -F rules; pfctl -sr
rules cleared
# printf 'set skip on em8\nset timeout { tcp.established 1000, udp.multiple 77 }\ntable <t> persist { 10.0.0.1 }\nnat on em9 from 10.0.0.0/8 -> 192.0.2.1\npass out label "o"\n' | pfctl -f -
# echo 'block in label "b"' | pfctl -Rf -; pfctl -sr; pfctl -sn; pfctl -sT
block drop in all label "b"
nat on em9 inet from 10.0.0.0/8 to any -> 192.0.2.1
t
# echo 'nat on em9 from 10.0.0.0/8 -> 192.0.2.2' | pfctl -Nf -; pfctl -sr; pfctl -sn
block drop in all label "b"
nat on em9 inet from 10.0.0.0/8 to any -> 192.0.2.2
# echo 'table <u> persist' | pfctl -T load -f -; pfctl -sT; pfctl -sr
u
t
block drop in all label "b"
# printf 'set timeout udp.multiple 78\nblock in label "b"' | pfctl -mf -; pfctl -sn
# pfctl -s labels; pfctl -z; pfctl -x misc; pfctl -K 10.0.0.1
b 0 0 0 0 0 0 0 0
pf: rule counters cleared
debug level set to 'misc'
killed 0 src nodes from 1 sources and 0 destinations
# pfctl -s info
Status: Disabled                                Debug: Misc

State Table                          Total             Rate
  current entries                        0               
  inserts                                0               
Counters
  match                                  0               
# pfctl -s memory | grep table; pfctl -i all -s Interfaces
table-entries unlimited
all
# echo 'set skip on em7' | pfctl -Of -; pfctl -sr
block drop in all label "b"
# echo 'set timeout interval 10' | pfctl -f -
pfctl: stdin: not supported on this system: set timeout interval: connection tracking has none such
[exit 1]
# echo 'set limit states 10' | pfctl -f - 2>&1 | sed 's/[0-9][0-9][0-9][0-9]*/N/'
pfctl: not supported on this system: set limit states 10: the kernel's is N for all of the machine (nf_conntrack_max)
# printf 'set limit table-entries 1\ntable <x> { 1.1.1.1 1.1.1.2 }' | pfctl -f -
pfctl: table with 2 addresses: set limit table-entries is 1
[exit 1]
# pfctl -s all | grep :
TRANSLATION RULES:
FILTER RULES:
STATES:
INFO:
Status: Disabled                              Debug: Urgent
LABEL COUNTERS:
TIMEOUTS:
LIMITS:
TABLES:
# pfctl -F all
nat cleared
rules cleared
Ethernet rules cleared
pf: interface flags reset
source tracking entries cleared
2 tables deleted.
pf: statistics cleared
0 states cleared
# echo 'table <t> const { 10.0.0.0/8 !10.1.0.0/16 10.1.2.3 }' | pfctl -f -
# pfctl -t t -T add 10.0.0.1
pfctl: Operation not permitted.
[exit 1]
# pfctl -t t -T show; pfctl -t t -vvT test 10.1.2.3 10.1.2.4 10.2.0.1
   10.0.0.0/8
  !10.1.0.0/16
   10.1.2.3
2/3 addresses match.
M  10.1.2.3	 10.1.2.3
   10.1.2.4	!10.1.0.0/16
M  10.2.0.1	 10.0.0.0/8
[exit 2]
# pfctl -t bad -T show
pfctl: Table does not exist.
[exit 1]
# pfctl -t bad -nT add 10.0.0.1
1 table created (dummy).
1/1 addresses added (dummy).
# pfctl -t bad -vT add 10.0.0.1 10.0.0.2 10.0.0.1 '!2001:db8::/32'
1 table created.
3/4 addresses added.
A  10.0.0.1
A  10.0.0.2
X  10.0.0.1
A !2001:db8::/32
# pfctl -t bad -vvT delete 10.0.0.1 10.0.0.3 2001:db8::/32
1/3 addresses deleted.
D  10.0.0.1
   10.0.0.3
Y  2001:db8::/32
# printf '10.0.0.7 # a host\n!10.0.0.2\n' | pfctl -t bad -vT replace -f - 10.9.0.0/16
2 addresses added.
1 addresses deleted.
1 addresses changed.
A  10.9.0.0/16
A  10.0.0.7
C !10.0.0.2
D !2001:db8::/32
# pfctl -t bad -T replace 10.0.0.7 10.9.0.0/16 '!10.0.0.2'; pfctl -t bad -T show
no changes.
  !10.0.0.2
   10.0.0.7
   10.9.0.0/16
# pfctl -t bad -T expire 3600; pfctl -t bad -T zero; pfctl -t bad -T zero 10.0.0.7 10.0.0.8
0/0 addresses expired.
1 table/stats cleared.
1/2 addresses cleared.
# pfctl -t bad -T expire x
pfctl: expire: how many seconds?
[exit 1]
# pfctl -t bad -T reset 10.0.0.7
pfctl: -T reset: not supported on this system: addresses of tables have no counters
[exit 1]
# pfctl -t bad -T add nowhere.invalid/33
pfctl: no IP address found for nowhere.invalid
[exit 1]
# echo 'block from <bad>' | pfctl -f -; pfctl -vvsT
-pa-r--	bad
	Addresses:   3
	References:  [ Rules: 1 ]
# pfctl -t bad -T flush; pfctl -t bad -T kill; pfctl -a web -t few -T add 10.0.0.1; pfctl -a web -vsT
3 addresses deleted.
1 table deleted.
1 table created.
1/1 addresses added.
-pa----	few	web
# pfctl -a web -F Tables; pfctl -F Tables; pfctl -F rules
1 tables deleted.
0 tables deleted.
rules cleared
# pfctl -s nothing
pfctl: Unknown show modifier 'nothing'
usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]
	[-f file] [-i interface] [-K host | network]
	[-k host | network | gateway | label | id] [-o level] [-p device]
	[-s modifier] [-t table -T command [address ...]] [-x level]
	[--explain in | out on interface packet]
[exit 1]
# pfctl -t bad
usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]
	[-f file] [-i interface] [-K host | network]
	[-k host | network | gateway | label | id] [-o level] [-p device]
	[-s modifier] [-t table -T command [address ...]] [-x level]
	[--explain in | out on interface packet]
[exit 1]
# pfctl -k 1 -k 2 -k 3
pfctl: can only specify -k twice
usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]
	[-f file] [-i interface] [-K host | network]
	[-k host | network | gateway | label | id] [-o level] [-p device]
	[-s modifier] [-t table -T command [address ...]] [-x level]
	[--explain in | out on interface packet]
[exit 1]
# pfctl
usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]
	[-f file] [-i interface] [-K host | network]
	[-k host | network | gateway | label | id] [-o level] [-p device]
	[-s modifier] [-t table -T command [address ...]] [-x level]
	[--explain in | out on interface packet]
[exit 1]
# pfctl -a _x -nf pf.conf
pfctl: anchor names beginning with '_' cannot be modified from the command line
[exit 1]
# pfctl -D x -nf pf.conf
pfctl: -D macro=value: the = is missing
usage: pfctl [-AdeghMmNnOPqRrSvz] [-a anchor] [-D macro=value] [-F modifier]
	[-f file] [-i interface] [-K host | network]
	[-k host | network | gateway | label | id] [-o level] [-p device]
	[-s modifier] [-t table -T command [address ...]] [-x level]
	[--explain in | out on interface packet]
[exit 1]
# cat >pf.conf <<'.'
> table <bad> { 203.0.113.0/24 }
> rdr on em0 inet proto tcp from any to 10.0.0.5 port 443 -> 192.168.1.2
> block in all
> block in quick from <bad>
> pass in on em0 proto tcp to 192.168.1.2 port 443
> anchor "web" in on em0 {
>   pass in proto tcp to port 8080
> }
> .
# pfctl -nf pf.conf --explain in on em0 proto tcp from 1.2.3.4 to 10.0.0.5 port https
  matches  @0 rdr on em0 inet proto tcp from any to 10.0.0.5 port = https -> 192.168.1.2
  matches  @0 block drop in all
  matches  @2 pass in on em0 inet proto tcp from any to 192.168.1.2 port = https flags S/SA keep state
  matches  @3 anchor "web" in on em0 all
translated: 1.2.3.4 port 49152 to 10.0.0.5 port 443 is 1.2.3.4 port 49152 to 192.168.1.2 port 443
passed with a state by @2 pass in on em0 inet proto tcp from any to 192.168.1.2 port = https flags S/SA keep state
# pfctl -nvf pf.conf --explain in on em0 proto tcp from 203.0.113.9 to 10.0.0.5 port 443
  matches  @0 rdr on em0 inet proto tcp from any to 10.0.0.5 port = https -> 192.168.1.2
  matches  @0 block drop in all
  matches  @1 block drop in quick from <bad> to any
blocked by @1 block drop in quick from <bad> to any
[exit 1]
# pfctl -nf pf.conf --explain in on em0 proto tcp from 1.2.3.4 to 10.0.0.5 port 8080
  matches  @0 block drop in all
  matches  @3 anchor "web" in on em0 all
  matches  web @0 pass in proto tcp from any to any port = http-alt flags S/SA keep state
passed with a state by web @0 pass in proto tcp from any to any port = http-alt flags S/SA keep state
# pfctl -f pf.conf; pfctl -t bad -T add 198.51.100.7; pfctl --explain in on em0 proto udp from 198.51.100.7 to 10.0.0.5
1/1 addresses added.
  matches  @0 block drop in all
  matches  @1 block drop in quick from <bad> to any
blocked by @1 block drop in quick from <bad> to any
[exit 1]
# pfctl --explain out on em0 proto icmp from 10.0.0.5 to 1.1.1.1
passed, as no rule matches
# pfctl --explain in proto udp from 1.2.3.4 to 10.0.0.5
pfctl: --explain: say `in on` or `out on` and the name of the interface
[exit 1]
# pfctl --explain in on em0 proto udp from any to 10.0.0.5
pfctl: --explain: say `from` and the one address that the packet has
[exit 1]
# pfctl --explain in on em0 porto udp from 1.2.3.4 to 10.0.0.5
pfctl: --explain:1:16: syntax error (a rule has no option "porto", did you mean "prio"?)
[exit 1]
# pfctl -qF rules; pfctl -qF nat; pfctl -qF Tables
