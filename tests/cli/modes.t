The forms of jail(8), and the words that decide between them.

# cat >jail.conf <<'END'
> path = /run/tree;
> persist;
> a { meta.colour = "light blue"; depend = b; }
> b { }
> old { allow.dying; }
> 40 { name = forty; }
> END
# jail -f jail.conf -e '|'
name=a|path=/run/tree|persist|meta.colour="light blue"|depend=b
name=b|path=/run/tree|persist
name=old|path=/run/tree|persist|allow.dying
path=/run/tree|persist|name=forty
# jail -f jail.conf -e '|' a
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -f jail.conf -c -e '|'
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -f - -e , <jail.conf
name=a,path=/run/tree,persist,meta.colour="light blue",depend=b
name=b,path=/run/tree,persist
name=old,path=/run/tree,persist,allow.dying
path=/run/tree,persist,name=forty
# printf 'a { path = /x }\n' | jail -f - -e ,
jail: STDIN:1:15: }: syntax error (is a ";" missing before it?)
a { path = /x }
              ^
[exit 1]
# jail -c -f nowhere.conf
jail: nowhere.conf: No such file or directory
[exit 1]
# jail -r -f nowhere.conf a
jail: "a" not found
[exit 1]
# jail -f jail.conf -J jids -p1 -c b
b: created
# jail -f jail.conf -J jids -p1 -c a
a: created
# jail -f jail.conf -J all -p1 -qc
jail: the -d flag and allow.dying are deprecated and have no effect
# cut -f 1,2 jids all
jid=1	name=b
jid=2	name=a
jid=1	name=b
jid=2	name=a
jid=3	name=old
jid=40	path=/run/tree
# jail -f jail.conf -qr old 40
# jail -f jail.conf -i -c forty
jail: "forty" not found
[exit 1]
# jail -f jail.conf -i -c 40
40
# jail -f jail.conf -c c
jail: "c" not found
[exit 1]
# jail -f jail.conf -c a b
jail: unknown parameter: a (a jail's name is given as name=a)
[exit 1]
# jail -c -n x -f jail.conf a
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -R -c a
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -r -l a
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -r a=b
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -z
jail: unrecognized option: z
usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] [-p limit] -[rR] ['*' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
[exit 1]
# jail -f jail.conf -m 40
40: updated
# jail -f jail.conf -q -m 40
# jail -m meta=x
jail: no jail specified
[exit 1]
# jail -m name=nobody meta=x
jail: "nobody" not found
[exit 1]
# jail -q -m name=nobody meta=x
jail: "nobody" not found
[exit 1]
# jail -cm name=guest path=/run/tree persist
# jail -cm name=guest path=/run/tree persist meta=x
# mkdir other; cp -r /run/tree/. other
# jail -mr name=guest path=other persist
# jls -j guest path
/run/cli/other
# jail -rc name=guest path=/run/tree persist
# jail -c depend=nobody path=/run/tree persist
jail: depends on nonexistent jail "nobody"
[exit 1]
# jail -f jail.conf -p1 -r c b nobody forty
jail: "c" not found
jail: "nobody" not found
40: removed
a: removed
b: removed
[exit 1]
# jls name
guest
# jail -f jail.conf -r 40
jail: "40" not found
[exit 1]
# jail -f jail.conf -q -r 40
[exit 1]
# jail -f jail.conf -dd -c old
jail: the -d flag and allow.dying are deprecated and have no effect
old: created
# jail -f jail.conf -p1 -r '*'
old: removed
guest: removed
# jail -R 7
jail: "7" not found
[exit 1]
# jail -R '*'
