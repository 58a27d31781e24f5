/* main.c: word -> command. */
#include <stdio.h>

int main(void)
{
    fprintf(stderr, "triptych: no command is built in yet\n");
    return 2;
}
