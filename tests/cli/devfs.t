Which rulesets there are, and why they are changed with an editor.

# devfs rule showsets
1
2
3
4
5
# devfs rule -s 4 show
100 include 1
200 include 2
300 include 3
# devfs rule -s 5 show 300
300 path net/tun unhide
# devfs rule -s 99 show
devfs: ruleset 99: no such ruleset
[exit 1]
# devfs rule -s 4 show 150
devfs: ruleset 4 has no rule 150
[exit 1]
# devfs rule -s 10 add path null unhide
devfs: rule add: not supported on this system: rules are read from files when a jail starts (edit /etc/devfs.rules; jail -m devfs_ruleset=N applies it to a running jail)
[exit 1]
# devfs rule showset
devfs: rule showset: unknown word, did you mean "showsets"?
[exit 1]
# devfs ruleset 4
devfs: ruleset: not supported on this system: the host's /dev shows every device (a jail's set is its parameter devfs_ruleset)
[exit 1]
# devfs
usage: devfs rule showsets
       devfs rule -s ruleset show [number]
[exit 1]
# jail -c name=web path=/run/tree persist devfs_ruleset=10
jail: devfs_ruleset 10: no such ruleset
[exit 1]
# jail -c name=web path=/run/tree persist devfs_ruleset=5
# jail -m name=web devfs_ruleset=99
jail: devfs_ruleset 99: no such ruleset
[exit 1]
# jail -m name=web devfs_ruleset=4
# jls -j web devfs_ruleset
4
# jail -r web
