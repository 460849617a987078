Root of a jail mounts what it is permitted to.

# mkdir -p /run/tree/mnt /run/tree/data
# jail -c name=web path=/run/tree persist
# jexec web mount -t tmpfs -o size=1m scratch /mnt
mount: permission denied (are you root?)
[exit 1]
# jail -m name=web allow.mount allow.mount.tmpfs allow.mount.nullfs
# jexec web mount -t tmpfs -o size=1m scratch /mnt
mount: permission denied (are you root?)
[exit 1]
# jail -m name=web enforce_statfs=1
# jexec web mount -t tmpfs -o size=1m scratch /mnt
# jexec web df -k /mnt
Filesystem           1K-blocks      Used Available Use% Mounted on
scratch                   1024         0      1024   0% /mnt
# jexec web mount -t proc proc /data
mount: permission denied (are you root?)
[exit 1]
# jexec web mount --bind /mnt /data
# jexec web sh -c 'echo here >/data/file; cat /mnt/file'
here
# jexec web umount /proc
umount: can't unmount /proc: Operation not permitted
[exit 1]
# jexec web mount -t tmpfs scratch /proc
mount: permission denied (are you root?)
[exit 1]
# jexec web umount /data
# jail -m name=web allow.nomount
# jexec web umount /mnt
umount: can't unmount /mnt: Operation not permitted
[exit 1]
# jexec web cat /mnt/file
here
# jls -j web -n allow.mount allow.mount.tmpfs allow.mount.procfs enforce_statfs
allow.nomount allow.mount.tmpfs allow.mount.noprocfs enforce_statfs=1
# jail -m name=web enforce_statfs=0
jail: enforce_statfs 0: not supported on this system: the host's mounts are not in the jail's namespace
[exit 1]
# jail -m name=web allow.mount.zfs
jail: allow.mount.zfs: not supported on this system: it would need ZFS that delegates a dataset to a user namespace (OpenZFS 2.2)
[exit 1]
# jail -r web
# ls /run/tree/mnt
# rmdir /run/tree/mnt /run/tree/data
