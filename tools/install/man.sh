#!/usr/bin/env bash
# Writes the manual page of the header include/backtune.h: its comments, section by section.
#
# usage: man.sh HEADER VERSION
set -eu
cat <<END
.TH BACKTUNE 3 "" "backtune $2" "Library functions"
.SH NAME
backtune \\- weights of recurrent networks from input and output sequences
.SH SYNOPSIS
.nf
#include <backtune.h>
.fi
.PP
cc program.c \$(pkg\\-config \\-\\-cflags \\-\\-libs backtune)
.SH DESCRIPTION
END
awk '
  # Text as it is: no escapes, no requests.
  function plain(line) {
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    if (line ~ /^[.\x27]/) line = "\\&" line
    return line
  }
  BEGIN { print ".nf" }
  /^#ifndef BACKTUNE_H/ { guarded = 1; next }
  /^#ifdef __cplusplus/ { skipping = 1; next }
  /^#endif/ { skipping = 0; next }
  skipping || /^#include/ || /^#define BACKTUNE_H/ { next }
  /^\/\* ---- .* -+ \*\/$/ {
    name = $0
    sub(/^\/\* ---- /, "", name)
    sub(/ -+ \*\/$/, "", name)
    print ".fi\n.SH " toupper(name) "\n.nf"
    next
  }
  {
    line = $0
    if (line ~ /^ \*\/$/) line = ""
    else if (line ~ /^(\/\*| \*) ?/) {
      sub(/^(\/\*| \*) ?/, "", line)
      sub(/ ?\*\/$/, "", line)
    }
    print plain(line)
  }
  END { print ".fi" }
' "$1" | cat -s
cat <<END
.SH FILES
Programs with a CMakeLists.txt stand in the folder examples/c of the source of backtune; docs/c.md there has a table of what the
methods of the Python package are in C, docs/format.md the form of a network's file.
.SH SEE ALSO
.BR pkg\\-config (1)
END
