#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A dynamic program with all that it is linked to, in a directory that can lie anywhere: a tree of
# another distribution has other libraries, or none.
#
#   portable.sh PROGRAM DIRECTORY     then: DIRECTORY/ld.so --library-path DIRECTORY DIRECTORY/PROGRAM
set -eu
rm -rf "$2"
mkdir -p "$2"
cp "$1" "$2/"
ldd "$1" | while read -r name arrow path _; do
  case $name:$arrow in
    /*) cp -L "$name" "$2/ld.so" ;;
    *:'=>') cp -L "$path" "$2/" ;;
  esac
done
