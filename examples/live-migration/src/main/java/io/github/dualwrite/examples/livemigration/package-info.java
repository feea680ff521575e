/**
 * Does every write arrive, whatever breaks? {@link io.github.dualwrite.examples.livemigration.LiveMigration} finds out, and {@link
 * io.github.dualwrite.examples.livemigration.Repositories} is what an application has to write.
 */
@NullMarked
package io.github.dualwrite.examples.livemigration;

import org.jspecify.annotations.NullMarked;
