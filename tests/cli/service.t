service(8) and rc.conf(5), on a machine with an /etc of its own.

# mkdir -p /run/cli/etc; cp -a /etc/passwd /etc/group /etc/nsswitch.conf /run/cli/etc; mount --bind /run/cli/etc /etc
# mkdir -p /etc/jail.conf.d; for j in web db alone; do cp -a /run/tree /run/cli/$j; done
# cat >/etc/jail.conf <<'.'
> path = "/run/cli/$name"; persist;
> web { depend = db; }
> db { exec.poststop = "echo db stops"; }
> .
# service jail start
Cannot 'start' jail. Set jail_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.
# echo 'jail_enable="YES"' >/etc/rc.conf
# service jail start
Starting jails: db web.
# jls jid name; cat /var/run/jail_web.id /var/run/jail_db.id
1 db
2 web
2
1
# service jail status | sed 's/  */ /g'
 JID IP Address Hostname Path
 db /run/cli/db
 web /run/cli/web
# service jail start web
Starting jails:.
# service jail stop web; ls /var/run/jail_*
Stopping jails: web.
/var/run/jail_db.id
# service jail restart web; jls name
Stopping jails:.
Starting jails: web.
db
web
# service jail stop; jls name; ls /var/run/jail_*
Stopping jails: db.
ls: cannot access '/var/run/jail_*': No such file or directory
[exit 2]
# service jail stop
Stopping jails:.
# echo 'busy { path = "/run/cli/web"; exec.start = "/bin/sh -c \"sleep 1000 & :\""; exec.stop = ""; }' >/etc/jail.busy.conf
# timeout 20 service jail onestart busy | cat; jls name
Starting jails: busy.
busy
# service jail onestop busy
Stopping jails: busy.
# echo 'jail_list="db web"; jail_reverse_stop=YES' >>/etc/rc.conf
# service jail start; service jail stop
Starting jails: db web.
Stopping jails: web db.
# service jail start web db; service jail stop db web; jls name
Starting jails: web.
Stopping jails: db.
# echo 'alone { path = "/run/cli/$name"; persist; }' >/etc/jail.conf.d/alone.conf; service jail config alone web nope
alone: parameters are in /etc/jail.conf.d/alone.conf.
web: parameters are in /etc/jail.conf.
nope: parameters are in /etc/jail.conf.
# service jail start alone; service jail stop alone
Starting jails: alone.
Stopping jails: alone.
# echo 'alone { path = "/run/cli/$name"; exec.start = "echo hello $name"; exec.start += "false"; }' >/etc/jail.alone.conf
# service jail start alone db
Starting jails: cannot start jail  "alone": 
hello alone
jail: alone: false: failed
 db.
[exit 1]
# service jail restart db alone
Stopping jails: db.
Starting jails: db cannot start jail  "alone": 
hello alone
jail: alone: false: failed
.
[exit 1]
# echo 'jail_alone_conf=/etc/jail.conf.d/alone.conf jail_alone_flags=-v' >/etc/rc.conf.local; service jail config alone
alone: parameters are in /etc/jail.conf.d/alone.conf.
# echo '.include "/etc/jail.conf.d/*.conf";' >>/etc/jail.conf; rm /etc/jail.alone.conf /etc/rc.conf.local; service jail config alone
alone: parameters are in /etc/jail.conf.
# service jail console alone
jexec: jail "alone" not found
[exit 1]
# service jail console
jail: ERROR: Specify a jail name.
[exit 3]
# service jail console db echo in the jail
in the jail
# echo 'jail_db_consolecmd="pwd"' >>/etc/rc.conf; service jail console db
/
# mkdir /etc/rc.conf.d; echo 'jail_parallel_start=perhaps jail_list=' >/etc/rc.conf.d/jail; service jail onestart db; service jail onestop
Starting jails:jail: WARNING: $jail_parallel_start is not set properly - see rc.conf(5).
.
Stopping jails: db.
# echo 'jail_parallel_start=YES jail_list= jail_enable=no' >/etc/rc.conf.d/jail; service jail faststart; service jail quietstart; service jail start
Cannot 'start' jail. Set jail_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.
# service jail onestart alone db >/run/cli/out; tr ' .' '\n' </run/cli/out | sort -u

Starting
alone
db
jails:
# service jail forcestop >/dev/null; jls name
# cat >/etc/jail.conf <<'.'
> path = "/run/cli/$name"; persist;
> web { depend = db; }
> db { exec.prestart = "sleep 0.5"; }
> .
# service jail onestart web db >/run/cli/out || cat /run/cli/out; jls name; service jail forcestop >/dev/null
db
web
# rm /etc/jail.conf; echo 'jail_enable=yes' >/etc/rc.conf.d/jail; service jail start web
Starting jails:jail: WARNING: Invalid configuration for web (no jail.conf, no hostname, or no path). Jail web was ignored.
.
[exit 1]
# s=$(dirname $(command -v ifconfig))/../rc.d/jail; cp $s /etc/S01jail; ln -s S01jail /etc/K01jail; echo jail_enable=NO >/etc/rc.conf.d/jail; /etc/S01jail start; /etc/K01jail stop; $s start
Cannot 'start' jail. Set jail_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.
# echo 'web { path = "/run/cli/web"; persist; }' >/etc/jail.conf; echo jail_enable=YES >/etc/rc.conf.d/jail; sed -i /jail_list/d /etc/rc.conf; rm /etc/jail.conf.d/*; /etc/S01jail start; jls name; /etc/K01jail stop
Starting jails: web.
web
Stopping jails: web.
# service jail begin
jail: unknown directive 'begin'.
Usage: service jail [fast|force|one|quiet](start|stop|restart|status|config|console) [name ...]
[exit 1]
# umount /etc
