/** Real PostgreSQL servers for tests. */
@NullMarked
package io.github.dualwrite.postgres.testsupport;

import org.jspecify.annotations.NullMarked;
