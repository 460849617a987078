What is said when something is wrong.

# jail -c name=web path=/run/tree
jail: new jail must persist or attach (add persist, or a command to run in it)
[exit 1]
# jail -c name=web path=/run/nothing persist
jail: path /run/nothing: No such file or directory (create it, for example with `gaol create`)
[exit 1]
# jail -c name=web path=/run/tree persit
jail: unknown parameter: persit, did you mean "persist"?
[exit 1]
# jail -c name=web path=/run/tree persist allow.raw_socket
jail: unknown parameter: allow.raw_socket, did you mean "allow.raw_sockets"?
[exit 1]
# jail -c name=web path=/run/tree persist allow.settime
jail: allow.settime: not supported on this system: the clock is one for the whole machine: it would need CAP_SYS_TIME over the host
[exit 1]
# jail -c web
jail: /etc/jail.conf: No such file or directory
[exit 1]
# jail -r web
jail: "web" not found
[exit 1]
# jls -j web
jls: jail "web" not found
[exit 1]
# jls hostname
jls: unknown parameter: hostname, did you mean "host.hostname"?
[exit 1]
# jexec web ps
jexec: jail "web" not found
[exit 1]
# jail -c name=web path=/run/tree persist
# jail -c name=web path=/run/tree persist
jail: "web" already exists
[exit 1]
# jexec web no-such-program
jexec: execvp(): no-such-program: No such file or directory
[exit 1]
# jexec -u nobody-of-this-name web id
jexec: nobody-of-this-name: no such user
[exit 1]
# jail -m name=web path=/
jail: path cannot be changed after creation
[exit 1]
# jail -c path=/run/tree command=/bin/false
jail: /bin/false: failed
[exit 1]
# cat >jail.conf <<'END'
> web {
>     path = /run/tree
>     persist;
> }
> END
# jail -f jail.conf -c
jail: jail.conf:3:5: persist: syntax error (is a ";" missing before it?)
    persist;
    ^
[exit 1]
# printf 'web { path = "/run/$nmae"; host.hostnam = x; persist; }\n' >jail.conf
# jail -f jail.conf -c
jail: web: jail.conf:1:28: unknown parameter: host.hostnam, did you mean "host.hostname"?
web { path = "/run/$nmae"; host.hostnam = x; persist; }
                           ^
jail: web: jail.conf:1:20: path: variable "nmae" not found
web { path = "/run/$nmae"; host.hostnam = x; persist; }
                   ^
[exit 1]
# jail -r web
# jail
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -r
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jls -c
usage: jls [--libxo json|xml[,pretty]] [-dhNnqsv] [-j jail] [param ...]
       jls -c [-d] -j jail
[exit 1]
# jexec
usage: jexec [-l] [-d working-directory] [[-e name=value] ...]
             [-u username | -U username] jail [command ...]
[exit 1]
# jail -m web host.hostname=x
jail: unknown parameter: web (a jail's name is given as name=web)
[exit 1]
# gaol release
gaol: release: a word is missing (release builtin, release destroy, release fetch, release import, release list, release update)
[exit 1]
# gaol release fetsch
gaol: unknown command: release fetsch, did you mean "release fetch"?
[exit 1]
# gaol pool
gaol: pool: a word is missing (pool create, pool list, pool replace, pool scrub, pool status)
[exit 1]
# gaol pool frob
gaol: unknown command: pool frob, did you mean "pool scrub"?
[exit 1]
# mkdir -p etc/jail.conf.d; cp /etc/passwd /etc/group etc; touch etc/jail.conf.d/web.conf
# cat >in_etc <<'END'
> mount --bind etc /etc; exec "$@"
> END
# unshare -m sh in_etc jail -c web
jail: /etc/jail.conf: No such file or directory (there is /etc/jail.conf.d/web.conf: give it with -f, or .include it in /etc/jail.conf)
[exit 1]
# touch etc/jail.conf; unshare -m sh in_etc jail -c web; unshare -m sh in_etc jail -c db
jail: "web" not found (there is /etc/jail.conf.d/web.conf: give it with -f, or .include it in /etc/jail.conf)
jail: "db" not found
[exit 1]
# jail -c web -f jail.conf
jail: unknown parameter: web (options come before the jail)
[exit 1]
