package io.github.dualwrite.examples.livemigration;

/** The program was asked for something that it does not do, or finds something that it must not touch. Nothing was changed. */
final class UsageException extends RuntimeException {

    UsageException(String message) {
        super(message);
    }
}
