#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    const char *port = getenv("PORT");
    int server = socket(AF_INET, SOCK_STREAM, 0), count = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port ? port : "8080"))};
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 64)) return 1;
    for (int client; (client = accept(server, NULL, NULL)) >= 0; close(client)) {
        char request[4096];
        if (read(client, request, sizeof request) > 0)
            dprintf(client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nrequest %d\n", ++count);
    }
}
