Jails from a jail.conf(5).

# cat >jail.conf <<'END'
> # Common to all.
> path = "/run/tree";
> exec.clean;
> exec.start = "/bin/echo starting $name";
> exec.stop  = "/bin/echo stopping $name";
> persist;
> 
> web { host.hostname = "web.example.com"; depend = db; }
> db  { host.hostname = "db.example.com"; }
> END
# jail -f jail.conf -c web
db: created
starting db
web: created
starting web
# jls -N
 JID             IP Address      Hostname                      Path
 db                              db.example.com                /run/tree
 web                             web.example.com               /run/tree
# jail -f jail.conf -c
# jail -f jail.conf -c web
jail: "web" already exists
[exit 1]
# sed -i 's/web.example/www.example/' jail.conf
# jail -f jail.conf -m web
web: updated
# jail -f jail.conf -rc web
stopping web
web: removed
web: created
starting web
# jail -f jail.conf -e '|'
name=web|path=/run/tree|exec.clean|exec.start="/bin/echo starting web"|exec.stop="/bin/echo stopping web"|persist|host.hostname=www.example.com|depend=db
name=db|path=/run/tree|exec.clean|exec.start="/bin/echo starting db"|exec.stop="/bin/echo stopping db"|persist|host.hostname=db.example.com
# jail -f jail.conf -r db
stopping web
web: removed
stopping db
db: removed
# jail -f jail.conf -r db
jail: "db" not found
[exit 1]
# jail -f jail.conf -r '*'
