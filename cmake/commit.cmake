# cmake -DTOP=... -DOUT=... -P commit.cmake: writes the header OUT with the commit of the sources in TOP: what git
# says, else what `git archive` wrote into commit.txt, else "unknown".
cmake_minimum_required(VERSION 3.25)
find_program(GIT git)
set(commit)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${TOP} rev-parse --show-toplevel OUTPUT_VARIABLE root ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(REAL_PATH "${TOP}" top)
  if(root STREQUAL top)  # and not a repository that the sources were only unpacked in
    execute_process(COMMAND ${GIT} -C ${TOP} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit ERROR_QUIET
      OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
if(NOT commit)
  file(STRINGS ${TOP}/cmake/commit.txt commit LIMIT_COUNT 1)
  if(NOT commit MATCHES "^[0-9a-f]+$")
    set(commit unknown)
  endif()
endif()
file(WRITE ${OUT} "#define REVERIE_COMMIT \"${commit}\"\n")
