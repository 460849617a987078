Two jails and all their hooks: start, stop, restart, and what a failing hook leaves.

# cat >jail.conf <<'END'
> $base = "/run";
> path = "$base/$tree";
> $tree = "tree";
> exec.clean;
> exec.prepare  = "echo prepare";
> exec.prestart = "echo prestart";
> exec.created  = "echo created-hook";
> exec.start    = "/bin/echo start-in-jail";
> exec.poststart= "echo poststart";
> exec.prestop  = "echo prestop";
> exec.stop     = "/bin/echo stop-in-jail";
> exec.poststop = "echo poststop";
> exec.release  = "echo release";
> web { host.hostname = web.example; persist; ip4 = inherit; }
> db  { persist; ip4 = inherit; depend = web; }
> END
# jail -f jail.conf -c db
prepare
prestart
web: created
created-hook
start-in-jail
poststart
prepare
prestart
db: created
created-hook
start-in-jail
poststart
# jail -f jail.conf -c db
jail: "db" already exists
[exit 1]
# jail -f jail.conf -c
# jail -f jail.conf -r web
prestop
stop-in-jail
db: removed
poststop
release
prestop
stop-in-jail
web: removed
poststop
release
# jail -f jail.conf -r web
jail: "web" not found
[exit 1]
# jail -f jail.conf -r '*'
# sed 's|^exec.start .*|exec.start = "/bin/false";|' jail.conf >start.conf
# jail -f start.conf -c web
prepare
prestart
web: created
created-hook
jail: web: /bin/false: failed
web: removed
[exit 1]
# sed 's|^exec.prestart .*|exec.prestart = "/bin/false";|' jail.conf >prestart.conf
# jail -f prestart.conf -c web
prepare
jail: web: /bin/false: failed
[exit 1]
# jail -f prestart.conf -c
prepare
jail: web: /bin/false: failed
jail: db: skipped
[exit 1]
# jls -N
 JID             IP Address      Hostname                      Path
# sed 's|^exec.stop .*|exec.stop = "/bin/false";|' jail.conf >stop.conf
# jail -q -f jail.conf -c web >/dev/null
# jail -f stop.conf -r web
prestop
jail: web: /bin/false: failed
[exit 1]
# jls name
web
# sed 's|^exec.poststop .*|exec.poststop = "/bin/false";|' jail.conf >poststop.conf
# jail -f poststop.conf -r web
prestop
stop-in-jail
web: removed
jail: web: /bin/false: failed
release
[exit 1]
# jail -q -f jail.conf -c >/dev/null
# sed -i 's/web.example/www.example/' jail.conf
# jail -f jail.conf -m web
web: updated
# cp -r /run/tree /run/cli/new
# sed -i 's|^path = .*|path = "/run/cli/new";|' jail.conf
# jail -f jail.conf -m web
jail: web: path cannot be changed after creation
[exit 1]
# jail -f jail.conf -mr web
prestop
stop-in-jail
db: removed
poststop
release
prestop
stop-in-jail
web: removed
poststop
release
prepare
prestart
web: created
created-hook
start-in-jail
poststart
jail: db: left stopped: it depends on web, which was restarted
# jail -f jail.conf -rc
prestop
stop-in-jail
web: removed
poststop
release
prepare
prestart
web: created
created-hook
start-in-jail
poststart
prepare
prestart
db: created
created-hook
start-in-jail
poststart
# jail -v -f jail.conf -rc web
db: run command: echo prestop
prestop
db: run command in jail: /bin/echo stop-in-jail
stop-in-jail
db: removed
db: run command: echo poststop
poststop
db: run command: echo release
release
web: run command: echo prestop
prestop
web: run command in jail: /bin/echo stop-in-jail
stop-in-jail
web: removed
web: run command: echo poststop
poststop
web: run command: echo release
release
web: run command: echo prepare
prepare
web: run command: echo prestart
prestart
web: jail_set(JAIL_CREATE) name=web path=/run/cli/new host.hostname=www.example persist ip4=inherit
web: created
web: run command: echo created-hook
created-hook
web: run command in jail: /bin/echo start-in-jail
start-in-jail
web: run command: echo poststart
poststart
jail: db: left stopped: it depends on web, which was restarted
# jail -p1 -f jail.conf -r '*'
prestop
stop-in-jail
web: removed
poststop
release
