SELECT eventTime AS time FROM {table} WHERE {condition} ORDER BY eventTime DESC LIMIT {rows}
