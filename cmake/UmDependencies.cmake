# Libraries from outside, as imported targets dep::NAME.

find_package(PkgConfig REQUIRED)

function(um_dependency name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(dep::${name} ALIAS PkgConfig::${name})
endfunction()

um_dependency(yaml yaml-0.1)
um_dependency(jansson jansson)
um_dependency(xxhash libxxhash)
um_dependency(zstd libzstd)
um_dependency(zlib zlib)
um_dependency(libdeflate libdeflate)
um_dependency(openssl openssl)

# Both client libraries install a mysql.h; exactly one is used. src/mysql hides which.
if(UM_CLIENT STREQUAL "auto" OR UM_CLIENT STREQUAL "mariadb")
  pkg_check_modules(client_mariadb IMPORTED_TARGET libmariadb)
endif()
if(client_mariadb_FOUND)
  add_library(dep::client ALIAS PkgConfig::client_mariadb)
  message(STATUS "client library: MariaDB Connector/C ${client_mariadb_VERSION}")
elseif(UM_CLIENT STREQUAL "mariadb")
  message(FATAL_ERROR "MariaDB Connector/C was not found (Debian: libmariadb-dev)")
else()
  pkg_check_modules(client_mysql IMPORTED_TARGET mysqlclient)
  if(NOT client_mysql_FOUND)
    message(FATAL_ERROR "No client library was found (Debian: libmariadb-dev or libmysqlclient-dev)")
  endif()
  add_library(dep::client ALIAS PkgConfig::client_mysql)
  message(STATUS "client library: libmysqlclient ${client_mysql_VERSION}")
endif()
