#!/bin/sh
# base.sh BASE SKELETON: moves what jails write to out of a tree, and leaves links there. Every jail
# then gets a copy of the skeleton.
set -e
base=$1 skeleton=$2
mkdir -p "$base/skeleton" "$skeleton/home"
for dir in etc root tmp var; do
  if [ -d "$base/$dir" ]; then mv "$base/$dir" "$skeleton/$dir"; else mkdir -p "$skeleton/$dir"; fi
  ln -s "skeleton/$dir" "$base/$dir"
done
[ -e "$base/home" ] || ln -s skeleton/home "$base/home"
chmod 1777 "$skeleton/tmp"
