/* hello.c: the smallest program: it ends. */
#include "experiments/guests/user/user.h"

int main(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? 7 : 1;
}
