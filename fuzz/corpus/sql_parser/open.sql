SELECT "é", 'abc
