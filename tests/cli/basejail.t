Basejails: what a system changes is the jail's own, the rest comes read-only from the release.

# mkdir -p up/usr up/etc work/usr work/etc
# for d in usr etc; do mount -t overlay own -o lowerdir=/$d,upperdir=$PWD/up/$d,workdir=$PWD/work/$d /$d; done
# mkdir -p /usr/jails /etc/jail.conf.d; mount -t tmpfs -o mode=700 jails /usr/jails
# gaol release builtin --releases $PWD/releases tiny
# mkdir -p releases/tiny/usr/share releases/tiny/usr/local/bin releases/tiny/var/lib/dpkg; echo 1 >releases/tiny/usr/share/version
# gaol create www --releases $PWD/releases -r tiny --basejail allow.set_hostname
/etc/jail.conf.d/www.conf: written
# cat /etc/jail.conf.d/www.conf
www {
  path = "/usr/jails/www";
  host.hostname = "www";
  exec.start = "/bin/sh /etc/rc";
  exec.stop = "/bin/sh /etc/rc.shutdown";
  exec.clean;
  mount.devfs;
  persist;
  allow.set_hostname;
  $release = "/run/cli/releases/tiny";
  mount += "${release}/bin ${path}/bin nullfs ro 0 0";
  mount += "${release}/usr/share ${path}/usr/share nullfs ro 0 0";
  mount += "${release}/var/lib/dpkg ${path}/var/lib/dpkg nullfs ro 0 0";
}
# gaol list; ls -A /usr/jails/www/bin /usr/jails/www/usr/share; ls -d /usr/jails/www/etc/rc
NAME  KIND  DRIVER  UID0  FROM
www   base  dir     0     /run/cli/releases/tiny
/usr/jails/www/bin:

/usr/jails/www/usr/share:
/usr/jails/www/etc/rc
# jail -f /etc/jail.conf.d/www.conf -c www
www: created
# jexec www sh -c 'cat /usr/share/version; echo 2 >/usr/share/version; echo 2 >/etc/version; echo 2 >/usr/local/version; cat /etc/version'
1
sh: can't create /usr/share/version: Read-only file system
2
# gaol release update tiny --releases $PWD/releases
gaol: release update: /run/cli/releases/tiny: jail "www" runs on it (jail -r www)
[exit 1]
# jail -f /etc/jail.conf.d/www.conf -r www
www: removed
# echo 2 >releases/tiny/usr/share/version; jail -f /etc/jail.conf.d/www.conf -c www; jexec www cat /usr/share/version; jail -f /etc/jail.conf.d/www.conf -r www
www: created
2
www: removed
# gaol release destroy tiny --releases $PWD/releases
gaol: release destroy: /run/cli/releases/tiny: in use by thin clones: /usr/jails/www
[exit 1]
# gaol rename www web; grep -e path -e usr/share /etc/jail.conf.d/web.conf
/etc/jail.conf.d/web.conf: written
  path = "/usr/jails/web";
  mount += "${release}/bin ${path}/bin nullfs ro 0 0";
  mount += "${release}/usr/share ${path}/usr/share nullfs ro 0 0";
  mount += "${release}/var/lib/dpkg ${path}/var/lib/dpkg nullfs ro 0 0";
# gaol clone web mail; jail -f /etc/jail.conf.d/mail.conf -c mail; jexec mail cat /etc/version /usr/share/version; jail -f /etc/jail.conf.d/mail.conf -r mail
/etc/jail.conf.d/mail.conf: written
gaol: /etc/jail.conf.d/mail.conf: what belongs to web alone (addresses) is to be changed
mail: created
2
2
mail: removed
# gaol template web golden --releases $PWD/releases
gaol: template: /usr/jails/web: is a basejail: the rest of it is in /run/cli/releases/tiny
[exit 1]
# gaol export web
gaol: export: /usr/jails/web: is a basejail: the rest of it is in /run/cli/releases/tiny
[exit 1]
# gaol convert web --thick
gaol: convert: /usr/jails/web: is no thin tree
[exit 1]
# gaol create bad --empty --basejail
gaol: create: --basejail stands on a release
[exit 1]
# gaol create bad -r tiny --thin --basejail
gaol: create: --thin, --thick and --basejail exclude each other
[exit 1]
# gaol destroy mail --yes
destroy /usr/jails/mail: a basejail of /run/cli/releases/tiny
  with /etc/jail.conf.d/mail.conf
  kept in the trash for 7 days: gaol trash
# gaol destroy web --yes --now; gaol release destroy tiny --releases $PWD/releases 2>&1 | sed 's/[0-9]\{5,\}/TIME/g'
destroy /usr/jails/web: a basejail of /run/cli/releases/tiny
  with /etc/jail.conf.d/web.conf
gaol: release destroy: /run/cli/releases/tiny: in use by thin clones: /usr/jails/.gaol/.trash/mail.TIME (gaol trash empty --all)
# gaol trash empty --all; gaol release destroy tiny --releases $PWD/releases
mail: gone from the trash
# for d in /usr/jails /usr /etc; do umount -l $d; done
