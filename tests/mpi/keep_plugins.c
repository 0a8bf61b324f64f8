/* Replaces dlclose in sanitized builds: plugins of Open MPI stay loaded, so that the leak
 * sanitizer can name them and the list of known leaks (lsan.supp) applies. */
int dlclose(void *handle);

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
