What there is of a machine, from the metal up. Its files say what this one is made of.

# jail -c name=web path=/run/tree persist
# mkdir own
# for n in 0 1 2 3; do printf 'processor: %s\nmodel name: ACME 9000\nphysical id: 0\ncore id: %s\n\n' $n $((n / 2)); done >own/cpuinfo
# printf 'MemTotal: 16000000 kB\nMemAvailable: 12500000 kB\n' >own/meminfo
# echo 'PRETTY_NAME="ACME Linux 3"' >own/os-release; echo '90061.10 5' >own/uptime; echo web01 >own/hostname; echo 6.1.0-18 >own/osrelease
# for n in cpuinfo meminfo uptime; do mount --bind own/$n /proc/$n; done
# for n in hostname osrelease; do mount --bind own/$n /proc/sys/kernel/$n; done; mount --bind own/os-release /etc/os-release
# gaol host | sed '/^lacking/,$d'
host       web01
system     ACME Linux 3, Linux 6.1.0-18
up         25 hours
processor  ACME 9000, packages 1, cores 2, threads 4
memory     16.4 GB, 12.8 GB available
jails      1 running
# gaol host --json | sed -n '/"processor"/,/"available"/p'
  "processor": {
    "model": "ACME 9000",
    "packages": 1,
    "cores": 2,
    "threads": 4
  },
  "memory": {
    "bytes": 16384000000,
    "available": 12800000000
# gaol host --json | grep -c '"subject": "cgroup v2"'
1
# gaol host web
gaol: usage: gaol host [--json]
[exit 1]
# umount /proc/cpuinfo /proc/meminfo /proc/uptime /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /etc/os-release
# jail -r web
