service(8) for pf, on a machine with an /etc of its own.

# mkdir -p /run/cli/etc; cp -a /etc/passwd /etc/group /etc/nsswitch.conf /run/cli/etc; mount --bind /run/cli/etc /etc
# service pf start
Cannot 'start' pf. Set pf_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.
# echo 'pf_enable="YES"' >/etc/rc.conf; service pf start
pf: /etc/pf.conf is not readable.
[exit 1]
# echo 'block in proto tcp to port 99' >/etc/pf.conf; service pf start; pfctl -sr
Enabling pf.
block drop in proto tcp from any to any port = metagram
# service pf start; service pf status
Enabling pf.
Enabled
# echo 'pass in porto tcp' >/etc/pf.conf; service pf check
Checking pf rules.
/etc/pf.conf:1:9: syntax error (a rule has no option "porto", did you mean "prio"?)
[exit 1]
# service pf reload; pfctl -sr
Reloading pf rules.
/etc/pf.conf:1:9: syntax error (a rule has no option "porto", did you mean "prio"?)
pfctl: Syntax error in config file: pf rules not loaded
block drop in proto tcp from any to any port = metagram
# echo 'pass in proto tcp no state' >/etc/pf.conf; service pf check; service pf reload; pfctl -sr
Checking pf rules.
Reloading pf rules.
pass in proto tcp all no state
# service pf stop; service pf status
Disabling pf.
Disabled
[exit 1]
# echo 'wrong' >/etc/pf.conf; echo 'pf_fallback_rules_enable=YES' >>/etc/rc.conf; service pf start; pfctl -sr; pfctl -s Running
Enabling pf/etc/pf.conf:1:1: syntax error (no statement begins with "wrong")
pfctl: Syntax error in config file: pf rules not loaded
Loading fallback rules: block drop all
.
block drop all
Enabled
# service pf frobnicate
pf: unknown directive 'frobnicate'.
Usage: service pf [fast|force|one|quiet](start|stop|restart|check|reload|resync|status)
[exit 1]
# service pf stop; pfctl -qF rules
Disabling pf.
# umount /etc
