Jails from their making to the trash and back, on a machine whose /usr and /etc are its own.

# mkdir -p up/usr up/etc work/usr work/etc
# for d in usr etc; do mount -t overlay own -o lowerdir=/$d,upperdir=$PWD/up/$d,workdir=$PWD/work/$d /$d; done
# mkdir -p /usr/jails /etc/jail.conf.d; chmod 700 /usr/jails; mount -t tmpfs -o mode=700 jails /usr/jails
# gaol release builtin --releases $PWD/releases tiny
# gaol create www --releases $PWD/releases -r tiny host.hostname=www.example.com allow.set_hostname
/etc/jail.conf.d/www.conf: written
# cat /etc/jail.conf.d/www.conf
www {
  path = "/usr/jails/www";
  host.hostname = "www.example.com";
  exec.start = "/bin/sh /etc/rc";
  exec.stop = "/bin/sh /etc/rc.shutdown";
  exec.clean;
  mount.devfs;
  persist;
  allow.set_hostname;
}
# gaol create www --releases $PWD/releases -r tiny
gaol: create: /etc/jail.conf.d/www.conf: File exists
[exit 1]
# gaol create bad --releases $PWD/releases -r tiny ip4.adr=10.0.0.1; ls /usr/jails
gaol: create: jail.conf:9:3: unknown parameter: ip4.adr, did you mean "ip4.addr"?
  ip4.adr = "10.0.0.1";
  ^
www
# gaol create 'a b' --empty
gaol: create: name "a b": a jail's name has letters, digits and "._-", and begins with a letter or digit
[exit 1]
# gaol create bad --empty -r tiny
gaol: create: -r RELEASE, -t TEMPLATE or --empty: one of them
[exit 1]
# gaol create db --releases $PWD/releases -r tiny --thick
/etc/jail.conf.d/db.conf: written
# jail -f /etc/jail.conf.d/www.conf -c www
www: created
# jexec www sh -c 'echo mine >/etc/motd; hostname'
www.example.com
# gaol snapshot www@first
gaol: snapshot: /usr/jails/www: jail "www" runs in it (jail -r www)
[exit 1]
# gaol destroy www --yes
gaol: destroy: /usr/jails/www: jail "www" runs in it (jail -r www)
[exit 1]
# jail -f /etc/jail.conf.d/www.conf -r www
www: removed
# gaol snapshot www@first
www@first
# echo theirs >/usr/jails/www/etc/motd
# gaol rollback www@first; cat /usr/jails/www/etc/motd
mine
# gaol rollback www@last
gaol: rollback: /usr/jails/www@last: No such file or directory
[exit 1]
# gaol rollback www
gaol: rollback: www: which snapshot? NAME@LABEL (gaol snapshots www)
[exit 1]
# gaol diff www; printf 'a\tb' >"/usr/jails/www/tab	new"; gaol diff www@first; gaol diff www@first --json
A	/etc/motd
A	/tab\011new
[
  {
    "change": "A",
    "path": "/tab\\011new"
  }
]
# rm /usr/jails/www/tab*; gaol diff www@never
gaol: diff: /usr/jails/www@never: No such file or directory
[exit 1]
# gaol set www compression=zstd
gaol: set: /usr/jails/www: compression: not supported on this system: the tree is a plain directory
[exit 1]
# gaol get www compresion
gaol: get: property "compresion": unknown; there are compression, reservation
[exit 1]
# gaol get nowhere compression
gaol: get: /usr/jails/nowhere: No such file or directory
[exit 1]
# gaol promote www
gaol: promote: /usr/jails/www: promote: not supported on this system: the tree is a plain directory
[exit 1]
# gaol prune; gaol prune --daily 1
# gaol snapshots www --json | sed 's/[0-9]\{5,\}/TIME/'
[
  {
    "jail": "www",
    "label": "first",
    "taken": TIME
  }
]
# gaol clone www web
/etc/jail.conf.d/web.conf: written
gaol: /etc/jail.conf.d/web.conf: what belongs to www alone (addresses) is to be changed
# grep -e web -e www /etc/jail.conf.d/web.conf
web {
  path = "/usr/jails/web";
  host.hostname = "www.example.com";
# gaol rename web mail; ls /etc/jail.conf.d
/etc/jail.conf.d/mail.conf: written
db.conf
mail.conf
www.conf
# mkdir /usr/jails/.gaol/.scratch/half
# printf '%s\n' /usr/jails/mail /usr/jails/post '' /etc/jail.conf.d/mail.conf /etc/jail.conf.d/post.conf 420 'post {}' >/usr/jails/.gaol/.moving
# gaol doctor --repair; ls /usr/jails; ls /etc/jail.conf.d
gaol: /usr/jails/mail: was on its way to /usr/jails/post: finished
gaol: /usr/jails/half: half made or half destroyed: gone
db
post
www
db.conf
post.conf
www.conf
# gaol doctor --repair
# gaol rename post mail; cat /etc/jail.conf.d/mail.conf
/etc/jail.conf.d/mail.conf: written
mail {}
# gaol list
NAME  KIND   DRIVER  UID0  FROM
db    thick  dir     0     copy of /run/cli/releases/tiny
mail  thin   dir     0     /run/cli/releases/tiny
www   thin   dir     0     /run/cli/releases/tiny
# gaol quota www 10M
gaol: quota: /usr/jails/www: quota: not supported on this system: the tree is a plain directory
[exit 1]
# gaol du --json www | sed 's/: [1-9][0-9]*/: BYTES/'
[
  {
    "name": "www",
    "own": BYTES,
    "shared": BYTES,
    "snapshots_own": BYTES,
    "snapshots": [
      {
        "label": "first",
        "own": BYTES,
        "shared": 0
      }
    ],
    "quota": null,
    "left": BYTES
  }
]
# gaol du www | sed '1!d; s/  */ /g'; gaol du | sed "1d; s, .*,,"
NAME OWN SHARED SNAPSHOTS QUOTA LEFT
db
mail
www
www@first
# gaol du nobody db | sed 's, .*,,'
gaol: du: nobody: /usr/jails/nobody: No such file or directory
NAME
db
# mv releases/tiny away; gaol du | sed 's, .*,,'; mv away releases/tiny
gaol: du: mail: /run/cli/releases/tiny: No such file or directory
gaol: du: www: /run/cli/releases/tiny: No such file or directory
NAME
db
# gaol du nobody >/dev/null
gaol: du: nobody: /usr/jails/nobody: No such file or directory
[exit 1]
# gaol quota www ten
gaol: quota: size "ten": expected a number with K, M, G or T, or none
[exit 1]
# mount -t tmpfs empty /usr/jails; gaol destroy www --yes; gaol snapshot www; umount /usr/jails
gaol: destroy: /usr/jails/www: No such file or directory (/etc/jail.conf.d/www.conf is there: is the tree's file system mounted?)
gaol: snapshot: /usr/jails/www: No such file or directory (/etc/jail.conf.d/www.conf is there: is the tree's file system mounted?)
# gaol destroy www </dev/null
destroy /usr/jails/www: a thin clone of /run/cli/releases/tiny
  with its snapshots: first
  with /etc/jail.conf.d/www.conf
  kept in the trash for 7 days: gaol trash
nothing is destroyed without --yes
# gaol destroy www --yes
destroy /usr/jails/www: a thin clone of /run/cli/releases/tiny
  with its snapshots: first
  with /etc/jail.conf.d/www.conf
  kept in the trash for 7 days: gaol trash
# ls -A /usr/jails; gaol trash | sed 's/20[0-9: -]*/TIME/g'
.gaol
db
mail
www: destroyed TIME, kept until TIME
# gaol trash restore www; cat /usr/jails/www/etc/motd; ls /etc/jail.conf.d
/etc/jail.conf.d/www.conf: written
mine
db.conf
mail.conf
www.conf
# gaol convert www --thin tiny --releases $PWD/releases
gaol: convert: /usr/jails/www: is no thick tree
[exit 1]
# gaol convert www
gaol: convert: --thick or --thin: one of them
[exit 1]
# gaol convert www --thick
www: a thick tree; what it was is in the trash, with its snapshots
# gaol trash empty --all; gaol convert www --thin | sed 's/with .*;/with ...;/'
www: gone from the trash
www: a thin clone of /run/cli/releases/tiny, with ...; what it was is in the trash, with its snapshots
# cat /usr/jails/www/etc/motd; ls -A /usr/jails/www
mine
etc
# gaol convert www --thick >/dev/null
# gaol release destroy --releases $PWD/releases tiny 2>&1 | sed 's/[0-9]\{5,\}/TIME/g'
gaol: release destroy: /run/cli/releases/tiny: in use by thin clones: /usr/jails/.gaol/.trash/www.TIME, /usr/jails/mail
# gaol destroy mail --yes >/dev/null; gaol release destroy --releases $PWD/releases tiny 2>&1 | sed 's/[0-9]\{5,\}/TIME/g'
gaol: release destroy: /run/cli/releases/tiny: in use by thin clones: /usr/jails/.gaol/.trash/mail.TIME, /usr/jails/.gaol/.trash/www.TIME (gaol trash empty --all)
# gaol trash empty --all | sort
mail: gone from the trash
www: gone from the trash
www: gone from the trash
# gaol release destroy --releases $PWD/releases tiny
# gaol template db golden --releases $PWD/releases; gaol release list --releases $PWD/releases
NAME    CLONES  FROM
golden       0  copy of /usr/jails/db
# gaol create new -t golden --releases $PWD/releases; gaol list
/etc/jail.conf.d/new.conf: written
NAME  KIND   DRIVER  UID0  FROM
db    thick  dir     0     copy of /run/cli/releases/tiny
new   thin   dir     0     /run/cli/releases/golden
www   thick  dir     0     copy of /run/cli/releases/tiny
# gaol create bare --empty exec.start=/bin/true exec.stop=/bin/true; ls -A /usr/jails/bare; gaol list
/etc/jail.conf.d/bare.conf: written
NAME  KIND   DRIVER  UID0  FROM
bare  thick  dir     0     nothing
db    thick  dir     0     copy of /run/cli/releases/tiny
new   thin   dir     0     /run/cli/releases/golden
www   thick  dir     0     copy of /run/cli/releases/tiny
# cp -a releases/golden/bin /usr/jails/bare; mkdir /usr/jails/bare/dev /usr/jails/bare/etc; echo root:x:0:0::/:/bin/sh >/usr/jails/bare/etc/passwd
# jail -f /etc/jail.conf.d/bare.conf -c bare && jexec bare ls -A / && jail -f /etc/jail.conf.d/bare.conf -r bare
bare: created
bin
dev
etc
bare: removed
# gaol destroy bare --yes
destroy /usr/jails/bare: a thick tree (nothing)
  with /etc/jail.conf.d/bare.conf
  kept in the trash for 7 days: gaol trash
# for d in /usr/jails /usr /etc; do umount -l $d; done
