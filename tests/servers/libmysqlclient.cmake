# CMake toolchain: this machine's compiler, the headers and libraries of the
# tree that `server install mysql-9.7` unpacks, so that the project is built
# against Oracle's libmysqlclient on machines whose own client library is
# MariaDB's. The programs run here directly: they name the tree's loader and
# library folder, because the tree's C library is newer than this machine's.
#
#   cmake -B build-libmysqlclient -DCMAKE_TOOLCHAIN_FILE=tests/servers/libmysqlclient.cmake

execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/server" sysroot
                OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE
                RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "no tree with libmysqlclient")
endif()

file(GLOB loader "${root}/usr/lib/*-linux-gnu/ld-linux*.so.*")
get_filename_component(libraries "${loader}" DIRECTORY)

set(CMAKE_SYSROOT "${root}")
# The tree has no compiler; for clang, the GCC parts are this machine's.
set(CMAKE_C_COMPILER_EXTERNAL_TOOLCHAIN /usr)
set(CMAKE_CXX_COMPILER_EXTERNAL_TOOLCHAIN /usr)

# gcc looks into this machine's library folder before the tree's unless told by
# -B and -L. Old-style tags, because a runpath would not be used for the libraries
# that libmysqlclient itself needs.
string(JOIN " " link
  "-B${libraries} -L${libraries}"
  "-Wl,--dynamic-linker=${loader}"
  "-Wl,--disable-new-dtags,-rpath,${libraries}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${link}")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR} "${libraries}/pkgconfig:${root}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${root}")
