/* Stands in for the product's um_bug_at (--wrap): that leaves the process, and then libFuzzer has
   no chance to keep the input. */
#include <stdio.h>
#include <stdlib.h>

_Noreturn void __wrap_um_bug_at(const char *file, int line, const char *what);

_Noreturn void __wrap_um_bug_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "bug at %s:%d: %s\n", file, line, what);
    abort();
}
