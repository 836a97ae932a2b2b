complete --keep-order --exclusive --command drfctl --arguments "(_DRFCTL_COMPLETE=fish drfctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
