/* Prints the reference page of the checks; scripts/update-docs runs it. */
#include "plan/plan.h"

int main(void)
{
    um_plan_reference(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
