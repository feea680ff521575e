/** What happens in a repository, as events, and the listener that gets them. Events carry keys, never values. */
@NullMarked
package io.github.dualwrite.event;

import org.jspecify.annotations.NullMarked;
