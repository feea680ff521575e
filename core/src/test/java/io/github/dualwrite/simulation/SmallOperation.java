package io.github.dualwrite.simulation;

/** What a writer of a small world does. */
enum SmallOperation {
    SAVE,
    DELETE,
    READ;

    void by(Client client) {
        switch (this) {
            case SAVE -> client.save("k0");
            case DELETE -> client.delete("k0");
            case READ -> client.readLater("k0");
        }
    }
}
