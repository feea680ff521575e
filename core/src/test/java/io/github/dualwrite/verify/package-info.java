/** Tests of verification on stores in memory, with hooks where stores are read. */
@NullMarked
package io.github.dualwrite.verify;

import org.jspecify.annotations.NullMarked;
