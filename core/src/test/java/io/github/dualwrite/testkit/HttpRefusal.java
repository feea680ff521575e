package io.github.dualwrite.testkit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Decides whether the server gets an HTTP request; called once for each. */
@FunctionalInterface
public interface HttpRefusal {

    /** A complete HTTP answer that the client gets instead of the server's, or {@code null}: the server answers. */
    byte @Nullable [] answer();

    /** An answer without anything that is not needed. */
    static byte[] answer(int status, String contentType, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("HTTP/1.1 " + status + " Refused\r\nContent-Type: " + contentType + "\r\nContent-Length: "
                        + content.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] answer = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, answer, head.length, content.length);
        return answer;
    }
}
