package io.github.dualwrite.postgres;

/** Turns keys into the text under which they are pending, and back. */
interface KeyCodec<K> {

    String encode(K key);

    K decode(String text);
}
