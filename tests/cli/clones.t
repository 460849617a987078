Thin jails of the small release that is built in.

# gaol release builtin --releases $PWD/releases tiny
# gaol release list --releases $PWD/releases
NAME  CLONES  FROM
tiny       0  busybox
# gaol create www --releases $PWD/releases -r tiny --path $PWD/jails/www >>jail.conf
# cat jail.conf
www {
  path = "/run/cli/jails/www";
  host.hostname = "www";
  exec.start = "/bin/sh /etc/rc";
  exec.stop = "/bin/sh /etc/rc.shutdown";
  exec.clean;
  mount.devfs;
  persist;
}
# sed -i 's/^www {/www { persist;/' jail.conf
# jail -f jail.conf -c www
www: created
# jexec www sh -c 'echo mine >/etc/motd; cat /etc/motd'
mine
# gaol create db --releases $PWD/releases -r tyni --path $PWD/jails/db
gaol: create: no release "tyni", did you mean "tiny"? (`gaol release fetch` makes one, `gaol release list` shows them)
[exit 1]
# gaol release destroy --releases $PWD/releases tiny
gaol: release destroy: /run/cli/releases/tiny: in use by thin clones: /run/cli/jails/www
[exit 1]
# gaol destroy --path $PWD/jails/www --yes
gaol: destroy: /run/cli/jails/www: jail "www" runs in it (jail -r www)
[exit 1]
# jail -f jail.conf -r www
www: removed
# gaol destroy --path $PWD/jails/www
destroy /run/cli/jails/www: a thin clone of /run/cli/releases/tiny
  kept in the trash for 7 days: gaol trash
nothing is destroyed without --yes
# gaol destroy --path $PWD/jails/www --yes --now
destroy /run/cli/jails/www: a thin clone of /run/cli/releases/tiny
# gaol release destroy --releases $PWD/releases tiny
