#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# House rules, one titled search each; layers; format; clang-tidy; cppcheck. Prints the lines that break a rule.
#
#   scripts/lint.sh BUILD [--quick]     --quick: without clang-tidy and cppcheck
set -u
build=$1
quick=${2:-}
broken=0
libraries="base geometry nn mtl io solvers deeponet recsys"
code="$libraries apps tests bench"

fail() { # title, lines
  [ -n "$2" ] || return 0
  broken=$((broken + 1))
  printf '%s:\n%s\n\n' "$1" "$(printf '%s\n' "$2" | sed 's/^/  /')"
}
rule() { # title, extended regular expression, folders…
  title=$1 pattern=$2
  shift 2
  fail "$title" "$(grep -rnE --include='*.c' --include='*.h' --include='*.def' "$pattern" "$@" 2>/dev/null)"
}

# -- a tool that is missing must not look like clean code
for tool in clang-format $([ "$quick" = --quick ] || echo clang-tidy cppcheck); do
  "$tool" --version >/dev/null 2>&1 || fail "Tools (scripts/deps.sh dev)" "$tool does not run"
done

# -- layers: each folder may include only what the table of ARCHITECTURE.md allows ------------------------------------
layers() {
  grep -rnE --include='*.c' --include='*.h' '^#include "' $libraries | awk -F'[:"]' '
    BEGIN {
      allow["base"] = " base "
      allow["geometry"] = " base geometry "
      allow["nn"] = " base nn "
      allow["mtl"] = " base mtl "
      allow["io"] = " base io "
      allow["solvers"] = " base geometry io solvers "
      allow["deeponet"] = " base nn mtl deeponet "
      allow["recsys"] = " base nn mtl recsys "
    }
    {
      from = $1; sub(/\/.*/, "", from)
      to = $4; sub(/\/.*/, "", to)
      if ($4 !~ /\//) print $1 ":" $2 ": \"" $4 "\" is not included from the root"
      else if (index(allow[from], " " to " ") == 0) print $1 ":" $2 ": " from "/ may not include " to "/"
      else if ($4 ~ /_impl\.h$/ && from != to) print $1 ":" $2 ": \"" $4 "\" is private to " to "/"
    }'
}
fail "Arrows point down only (layers)" "$(layers)"
rule "The core links neither MPI nor PETSc nor HDF5" '#include <(mpi|petsc[a-z]*|hdf5|H5public)\.h>' base geometry nn mtl deeponet recsys
rule "gmsh in one file only" '#include <gmshc\.h>' $(ls -d $libraries | grep -v geometry)

# -- house rules ------------------------------------------------------------------------------------------------------
rule "Libraries never end the process" '(^|[^a-zA-Z_])(exit|abort|_Exit|quick_exit) *\(' $libraries
rule "Libraries never print" '(^|[^a-zA-Z_])(printf|puts|putchar|perror) *\(|fprintf *\( *std(out|err)|PetscPrintf' $libraries
rule "Libraries never parse an environment" '(^|[^a-zA-Z_])(getenv|setenv|putenv) *\(' $libraries
rule "No unchecked conversions of text" '(^|[^a-zA-Z_])(atoi|atof|atol|sprintf|strcpy|strcat|gets) *\(' $code
rule "No assert that vanishes in release builds" '#include <assert\.h>' $code
rule "Memory through base/arena.h" '(^|[^a-zA-Z_])(malloc|calloc|realloc|strdup|strndup) *\(' geometry nn mtl deeponet recsys
rule "No reason, no to-do" '\b(TODO|FIXME|XXX)\b' $code
rule "_t is POSIX's" 'typedef .*[a-z0-9]_t;' $code
rule "No pointer typedefs" 'typedef [a-z_ ]+\*[ a-z_]+;' $code
rule "PETSc 3.18 has no such name" 'PetscCtx|PetscObjectParameter' solvers apps
rule "No tabs, no trailing blanks" '	| +$' $code
fail "Every source is in docs/references.md" "$(grep -rnoE --include='*.c' --include='*.h' '\b[a-z]{2,}(19|20)[0-9]{2}[a-z]?\b' $libraries apps | while IFS=: read -r file line key; do
  grep -q "^- \`$key\` " docs/references.md || echo "$file:$line: $key"
done)"
fail "A method's file opens with Method, Cost, Reference, a line each" "$(for file in mtl/*/*.c nn/*/*.c deeponet/*/*.c; do
  for label in Method Cost Reference; do
    head -n 30 "$file" | grep -qE "^( \*|/\*) $label: " || echo "$file: $label"
  done
done
grep -rnE --include='*.c' '^( \*|/\*) .*[^ ] +(Method|Cost|Reference): ' $libraries)"
fail "SPDX line first" "$(grep -rL --include='*.c' --include='*.h' --include='*.def' --include='meson.build' 'SPDX-License-Identifier' $code)"
fail "Files of at most 500 lines" "$(find $code -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 500 {print $2 ": " $1}')"
fail "Lines of at most 100 columns" "$(grep -rnE --include='*.c' --include='*.h' '^.{101,}$' $code)"
fail "Include guards named after the path" "$(for h in $(find $code -name '*.h'); do
  guard=GRAFT_$(echo "$h" | tr 'a-z/.-' 'A-Z___')
  grep -q "#ifndef $guard$" "$h" || echo "$h: expected $guard"
done)"
fail "Functions of at most 80 lines" "$(find $code -name '*.c' -exec awk '
  FNR == 1 {start = 0}
  /^[a-zA-Z].*\) \{$/ || /^[a-zA-Z ].*\) \{$/ {start = FNR; name = $0}
  /^}/ {if (start && FNR - start > 80) print FILENAME ":" start ": " FNR - start " lines: " name; start = 0}' {} +)"
fail "Formatted by clang-format" "$(find $code -name '*.[ch]' -exec clang-format --dry-run {} + 2>&1 | grep 'warning:' | sed 's/: warning.*//' | head -n 20)"
fail "Scripts parse" "$(for s in scripts/*.sh .ci/run; do bash -n "$s" 2>&1; done)"

# -- analysers --------------------------------------------------------------------------------------------------------
# cppcheck 2.10 loses track of variables that are set before a jump out of GRAFT_TRY_TO: uninitvar is off, gcc's
# -Wmaybe-uninitialized and clang's analyser look at these.
if [ "$quick" != --quick ]; then
  files=$(find $libraries apps -name '*.c')
  fail "clang-tidy" "$(echo "$files" | xargs -P 2 -n 8 clang-tidy -p "$build" --quiet 2>/dev/null | grep -E 'warning:|error:' | sort -u)"
  fail "cppcheck" "$(cppcheck --project="$build/compile_commands.json" --enable=warning,performance,portability --inline-suppr \
    --suppress='*:/usr/*' --suppress=uninitvar --suppress=legacyUninitvar \
    --suppress='resourceLeak:*tests/*' --suppress=missingIncludeSystem --quiet --template='{file}:{line}: {id}: {message}' -j 2 2>&1 | sort -u)"
fi
if [ $broken = 0 ]; then echo "lint: clean"; else echo "lint: $broken rules broken"; exit 1; fi
