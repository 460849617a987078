Releases made of archives.

# tar -C /run/tree -czf tree.tar.gz .
# gaol release import --releases $PWD/releases --name tree tree.tar.gz
# gaol release list --releases $PWD/releases
NAME  CLONES  FROM
tree       0  tree.tar.gz
# gaol release import --releases $PWD/releases --name tree tree.tar.gz
gaol: release import: /run/cli/releases/tree: File exists
[exit 1]
# gaol release import --releases $PWD/releases --name ../tree tree.tar.gz
gaol: release import: release "../tree": not a name
[exit 1]
# gaol release import --releases $PWD/releases tree.tar.gz
gaol: release import: --name NAME is missing
[exit 1]
# gaol release import --releases $PWD/releases --name again --limit 1G tree.tar.gz
gaol: release import: --limit 1G: not a number of MiB
[exit 1]
# gaol release import --releases $PWD/releases --name again three.tar.gz
gaol: release import: three.tar.gz: No such file or directory
[exit 1]
# gaol release import --releases $PWD/releases --name again /etc/passwd
gaol: release import: /etc/passwd: Unrecognized archive format
[exit 1]
# gaol release fetch 'bookworm;reboot'
gaol: release fetch: suite "bookworm;reboot": not a suite's name
[exit 1]
# gaol release fetch bookworm --include 'nginx,-o'
gaol: release fetch: include "-o": not a package's name
[exit 1]
# gaol release fetch trixy --releases $PWD/releases
gaol: release fetch: trixy: no source of this machine carries it, and no release is known to be called so, did you mean "trixie"?
[exit 1]
# for d in /etc/apt /usr/share/keyrings; do mount -t tmpfs none $d; done
# gaol release fetch noble --releases $PWD/releases
gaol: release fetch: noble: no source of this machine carries it, and there is no /usr/share/keyrings/ubuntu-archive-keyring.gpg (apt install ubuntu-keyring)
[exit 1]
# gaol release fetch bookworm --releases $PWD/releases
gaol: release fetch: bookworm: no source of this machine carries it, and there is no /usr/share/keyrings/debian-archive-keyring.gpg (apt install debian-archive-keyring)
[exit 1]
# mkdir -p archive/dists/noble; echo 'Codename: noble' >archive/dists/noble/Release; : >keys.gpg
# echo "deb [signed-by=$PWD/keys.gpg] file:$PWD/archive noble main" >/etc/apt/sources.list
# gaol release fetch noble --releases $PWD/releases 2>&1 | grep -o "release fetch: .* Release' is not signed"; ls releases
release fetch: mmdebstrap: The repository 'file:/run/cli/archive noble Release' is not signed
tree
# for d in /etc/apt /usr/share/keyrings; do umount $d; done
# gaol world --releases $PWD/releases DESTDIR=$PWD/jails/webserver
# ls jails/webserver/etc/rc
jails/webserver/etc/rc
# gaol world --releases $PWD/releases --release tree DESTDIR=$PWD/jails/webserver
gaol: world: /run/cli/jails/webserver: Directory not empty
[exit 1]
# mkdir jails/empty; gaol world --releases $PWD/releases DESTDIR=$PWD/jails/empty; ls jails/empty/etc/rc
jails/empty/etc/rc
# gaol world --releases $PWD/releases $PWD/jails/other
gaol: world: /run/cli/jails/other: not DESTDIR=DIRECTORY
[exit 1]
# gaol world --releases $PWD/nothing DESTDIR=$PWD/jails/other
gaol: world: there is no release (gaol release fetch)
[exit 1]
# gaol release destroy --releases $PWD/releases tree
# gaol release destroy --releases $PWD/releases tree
gaol: release destroy: no release "tree" (`gaol release fetch` makes one, `gaol release list` shows them)
[exit 1]
