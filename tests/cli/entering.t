jexec(8): who, where, and with which environment.

# jail -c name=web path=/run/tree persist
# jexec web pwd
/
# jexec -d /etc web pwd
/etc
# jexec -U www web id
uid=33(www) gid=33(www) groups=33(www)
# jexec -u www web id
jexec: www: no such user
[exit 1]
# env -i PATH=$PATH SECRET=1 jexec -l web env
PATH=/bin:/usr/bin
USER=root
HOME=/root
SHELL=/bin/bash
# env -i PATH=$PATH SECRET=1 jexec -l -e LANG=C -e HOME=/tmp web env
PATH=/bin:/usr/bin
USER=root
SHELL=/bin/bash
LANG=C
HOME=/tmp
# jexec -l -U www web pwd
/var
# echo 'echo from stdin' | jexec web sh
from stdin
# jexec 1 whoami
root
# jexec web sh -c 'kill -9 $$'
Killed
[exit 137]
# jexec -e NOVALUE web true
usage: jexec [-l] [-d working-directory] [[-e name=value] ...]
             [-u username | -U username] jail [command ...]
[exit 1]
# jexec -u root -U root web true
usage: jexec [-l] [-d working-directory] [[-e name=value] ...]
             [-u username | -U username] jail [command ...]
[exit 1]
# jail -r web
